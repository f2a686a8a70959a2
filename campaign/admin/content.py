"""Admin of demands, voices, statistics and partners."""

from django.contrib import admin, messages
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from campaign.models import Demand, Partner, Statistic, Voice
from staff.admin.base import BilingualForm, DueFilter, FixedKey
from staff.admin.content import ContentAdmin, MissingLanguageFilter


class ContentItemForm(FixedKey, BilingualForm):
    """Form of content with a stable key and text in both languages."""


class ContentItemAdmin(ContentAdmin):
    """Base of the admin classes of ContentItem models."""

    form = ContentItemForm
    list_filter = ["is_shown", MissingLanguageFilter]
    recovered_values = {"is_shown": False}
    placement_fieldset = (_("Where it stands"), {"fields": ["key", "is_shown", "position"]})


@admin.register(Demand)
class DemandAdmin(ContentItemAdmin):
    """Admin of demands, with an action that records their review."""

    list_display = ["title", "step", "as_of", "checked_on", "both_languages", "is_shown", "position"]
    list_filter = [DueFilter, *ContentItemAdmin.list_filter]
    list_note = _(
        "What the movement asks of the state changes without telling us: look from time to time whether it still stands as "
        "written, then choose “Looked at today”."
    )
    fieldsets = [
        (None, {"fields": [("title_sq", "title_en"), ("text_sq", "text_en"), ("step", "as_of"), "source"]}),
        (_("Checked"), {"fields": ["checked_on"]}),
        ContentItemAdmin.placement_fieldset,
    ]
    actions = ["checked_today"]

    @admin.action(description=_("Looked at today"), permissions=["change"])
    def checked_today(self, request, queryset):
        """Set the review date of the selected demands to today, with an entry in their history."""
        # Evaluated before the update, after which a list filtered by due rows no longer contains them.
        rows = list(queryset)
        self.save_first_version(*rows)
        count = queryset.update(checked_on=timezone.localdate())
        self.log_changes(request, rows, "last looked at")
        self.message_user(
            request,
            ngettext("%(count)d demand is looked at.", "%(count)d demands are looked at.", count) % {"count": count},
            messages.SUCCESS,
        )


@admin.register(Voice)
class VoiceAdmin(ContentItemAdmin):
    """Admin of voices."""

    list_display = ["person", "date", "is_paraphrased", "both_languages", "is_shown", "position"]
    fieldsets = [
        (
            None,
            {"fields": [("text_sq", "text_en"), "person", ("role_sq", "role_en"), "date", "source", "is_paraphrased"]},
        ),
        ContentItemAdmin.placement_fieldset,
    ]


@admin.register(Statistic)
class StatisticAdmin(ContentItemAdmin):
    """Admin of statistics."""

    list_display = ["value", "text", "year", "on_home", "both_languages", "is_shown", "position"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("value_sq", "value_en"),
                    ("text_sq", "text_en"),
                    ("source_sq", "source_en"),
                    "year",
                    "url",
                    "on_home",
                ]
            },
        ),
        ContentItemAdmin.placement_fieldset,
    ]


@admin.register(Partner)
class PartnerAdmin(ContentItemAdmin):
    """Admin of partners."""

    list_display = ["name", "kind", "both_languages", "is_shown", "position"]
    fieldsets = [
        (None, {"fields": ["kind", ("name_sq", "name_en"), ("text_sq", "text_en"), "url"]}),
        ContentItemAdmin.placement_fieldset,
    ]
