"""Admin of the settings of pledging: the state, supporters' numbers and what protects from floods."""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pledges.settings.models import PledgingSettings
from staff.admin.base import BilingualForm, SettingsAdmin
from staff.admin.content import ContentAdmin


class PledgingSettingsForm(BilingualForm):
    """The settings; pausing or closing requires a message to visitors in both languages."""

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("state") == PledgingSettings.State.OPEN:
            cleaned["until"] = None
        elif cleaned.get("until") and "until" in self.changed_data and cleaned["until"] <= timezone.now():
            self.add_error("until", _("This time is in the past."))
        if cleaned.get("state") in (PledgingSettings.State.PAUSED, PledgingSettings.State.CLOSED):
            for column in ("message_sq", "message_en"):
                if not cleaned.get(column) and not self.has_error(column):
                    self.add_error(column, _("Say why, and until when: people see this instead of the form."))
        return cleaned


@admin.register(PledgingSettings)
class PledgingSettingsAdmin(SettingsAdmin, ContentAdmin):
    form = PledgingSettingsForm
    fieldsets = [
        (_("Can people sign?"), {"fields": ["state", "until", ("message_sq", "message_en")]}),
        (_("After signing"), {"fields": ["shows_numbers"]}),
        (_("Against floods"), {"fields": ["network_limit", "slow_lane", "challenge_everyone"]}),
    ]

    def get_object(self, request, object_id, from_field=None):
        row = super().get_object(request, object_id, from_field)
        return row and row.at(timezone.now())
