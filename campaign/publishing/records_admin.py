"""Admin of statistics; base of the admin of demands, voices and organisations."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from campaign.publishing.records import Statistic
from staff.admin.content import MissingLanguageFilter
from staff.admin.drafts import DraftedAdmin, StateFilter


class ContentItemAdmin(DraftedAdmin):
    """Base of the admin classes of ContentItem models."""

    list_filter = [StateFilter, MissingLanguageFilter]
    shown_at = "campaign:home"
    placement_fieldset = (_("Order"), {"fields": ["key", "position"]})


@admin.register(Statistic)
class StatisticAdmin(ContentItemAdmin):
    """Admin of statistics."""

    list_display = ["value", "text", "year", "on_home", "both_languages", "publication", "position"]
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
