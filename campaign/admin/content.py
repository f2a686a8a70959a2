"""Admin of demands, voices and statistics."""

from django.contrib import admin, messages
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from campaign.models import Demand, Statistic, Voice
from staff.admin.base import BilingualForm, DueFilter, FixedKey
from staff.admin.content import ContentAdmin, MissingLanguageFilter


class ContentItemForm(FixedKey, BilingualForm):
    """Form of content with a stable key and text in both languages."""


class ContentItemAdmin(ContentAdmin):
    """Base of the admin classes of ContentItem models."""

    form = ContentItemForm
    list_filter = ["is_shown", MissingLanguageFilter]
    recovered_values = {"is_shown": False}
    placement_fieldset = (_("Where it appears"), {"fields": ["key", "is_shown", "position"]})


@admin.register(Demand)
class DemandAdmin(ContentItemAdmin):
    """Admin of demands, with an action that records their review."""

    list_display = ["title", "step", "as_of", "checked_on", "both_languages", "is_shown", "position"]
    list_filter = [DueFilter, *ContentItemAdmin.list_filter]
    list_note = _(
        "The status of a demand can change without anyone telling us. Check from time to time that it is still "
        "correct, then choose “Reviewed today”."
    )
    fieldsets = [
        (None, {"fields": [("title_sq", "title_en"), ("text_sq", "text_en"), ("step", "as_of"), "source"]}),
        (_("Checked"), {"fields": ["checked_on"]}),
        ContentItemAdmin.placement_fieldset,
    ]
    actions = ["checked_today"]

    @admin.action(description=_("Reviewed today"), permissions=["change"])
    def checked_today(self, request, queryset):
        """Set the review date of the selected demands to today, with an entry in their history."""
        # Evaluated before the update, after which a list filtered by due rows no longer contains them.
        rows = list(queryset)
        self.save_first_version(*rows)
        count = queryset.update(checked_on=timezone.localdate())
        self.log_changes(request, rows, "last reviewed")
        self.message_user(
            request,
            ngettext("%(count)d demand has been reviewed.", "%(count)d demands have been reviewed.", count)
            % {"count": count},
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
                    ("age_sq", "age_en"),
                    ("method_sq", "method_en"),
                    ("source_sq", "source_en"),
                    "year",
                    "url",
                    "on_home",
                ]
            },
        ),
        ContentItemAdmin.placement_fieldset,
    ]
