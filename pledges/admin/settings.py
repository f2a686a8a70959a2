"""Admin of the settings of pledging, the state, supporters' numbers and what protects from floods, and of the goals."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from pledges.models import Goal, PledgingSettings, PublishedCounty
from pledges.numbers import number
from pledges.totals import tally
from staff.admin.base import BilingualForm, SettingsAdmin
from staff.admin.content import ContentAdmin
from staff.admin.in_history import SETTINGS


class PledgingSettingsForm(BilingualForm):
    """The settings; pausing or closing requires a message to visitors in both languages."""

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("state") in (PledgingSettings.State.PAUSED, PledgingSettings.State.CLOSED):
            for column in ("message_sq", "message_en"):
                if not cleaned.get(column) and not self.has_error(column):
                    self.add_error(
                        column,
                        forms.ValidationError(
                            _("Say why, and until when: people see this instead of the form."),
                            code="required",
                        ),
                    )
        return cleaned


@admin.register(PledgingSettings)
class PledgingSettingsAdmin(SettingsAdmin, ContentAdmin):
    """Admin of the settings, a model with a single row."""

    form = PledgingSettingsForm
    shown_at = "pledges:sign"
    # The last value of a field counts, so this button pauses in any case.
    urgent = ("state", PledgingSettings.State.PAUSED, _("Pause signing now"))

    def is_always_allowed(self, request, obj):
        # Only to pause.
        is_pause = request.POST.get("state") == PledgingSettings.State.PAUSED
        return is_pause and super().is_always_allowed(request, obj)

    fieldsets = [
        (_("Can people sign?"), {"fields": ["state", ("message_sq", "message_en")]}),
        (_("After signing"), {"fields": ["shows_numbers"]}),
        (_("Against floods"), {"fields": ["network_limit", "slow_lane", "challenge_everyone"]}),
    ]


class GoalForm(BilingualForm):
    """The form of a goal. A new number is above what is reached, and no other goal of the same place has it."""

    def clean(self):
        cleaned = super().clean()
        people, county = cleaned.get("people"), cleaned.get("county")
        if people is None or not {"people", "county"} & set(self.changed_data):
            return cleaned
        reached = _reached(county)
        if Goal.objects.filter(people=people, county=county).exclude(pk=self.instance.pk).exists():
            self.add_error("people", ValidationError(_("There is already a goal with this number."), code="unique"))
        elif people <= reached:
            words = _("There are already %(people)s supporters. Enter a larger number.") % {"people": number(reached)}
            self.add_error("people", ValidationError(words, code="reached"))
        return cleaned


def _reached(county):
    """The supporters: now, in the whole country; as last published, in a county."""
    if county is None:
        return tally.read().total
    published = PublishedCounty.objects.filter(pk=county.pk).first()
    return published.n if published else 0


@admin.register(Goal)
class GoalAdmin(ContentAdmin):
    """The goals of the country, then those of counties, the smallest first."""

    form = GoalForm
    history_kind = SETTINGS
    shown_at = "campaign:home"
    search_fields = ["=people"]
    list_display = ["__str__", "sentence"]
    list_filter = ["county"]
    list_select_related = ["county"]
    list_note = _(
        "Home and totals show the next goal and what happens when it is reached. Each goal opens automatically when the one "
        "before is 90 per cent reached. After the last one, the next round number is shown. The page of a county shows its own "
        "goals in the same way."
    )
    fieldsets = [(None, {"fields": [("people", "county"), ("sentence_sq", "sentence_en")]})]
