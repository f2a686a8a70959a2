"""Demands, voices, figures and partners."""

from django.contrib import admin, messages
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from campaign.models import Demand, Partner, Statistic, Voice
from staff.admin.base import BilingualForm, DueFilter, FixedKey
from staff.admin.content import ContentAdmin, MissingLanguageFilter


class ContentItemForm(FixedKey, BilingualForm):
    pass


class ContentItemAdmin(ContentAdmin):
    form = ContentItemForm
    list_filter = ["is_shown", MissingLanguageFilter]
    comes_back_as = {"is_shown": False}
    place = (_("Where it stands"), {"fields": ["key", "is_shown", "position"]})


@admin.register(Demand)
class DemandAdmin(ContentItemAdmin):
    list_display = ["title", "step", "as_of", "checked_on", "both_languages", "is_shown", "position"]
    list_filter = [DueFilter, *ContentItemAdmin.list_filter]
    list_note = _(
        "What the movement asks of the state changes without telling us: look from time to time whether it still stands as "
        "written, then choose “Looked at today”."
    )
    fieldsets = [
        (None, {"fields": [("title_sq", "title_en"), ("text_sq", "text_en"), ("step", "as_of"), "source"]}),
        (_("Checked"), {"fields": ["checked_on"]}),
        ContentItemAdmin.place,
    ]
    actions = ["checked_today"]

    @admin.action(description=_("Looked at today"), permissions=["change"])
    def checked_today(self, request, queryset):
        # Read first: a list filtered by what is due holds none of them afterwards.
        rows = list(queryset)
        self.keep_first(*rows)
        n = queryset.update(checked_on=timezone.localdate())
        self.log_changes(request, rows, "last looked at")
        self.message_user(
            request,
            ngettext("%(count)d demand is looked at.", "%(count)d demands are looked at.", n) % {"count": n},
            messages.SUCCESS,
        )


@admin.register(Voice)
class VoiceAdmin(ContentItemAdmin):
    list_display = ["person", "date", "is_paraphrased", "both_languages", "is_shown", "position"]
    fieldsets = [
        (
            None,
            {"fields": [("text_sq", "text_en"), "person", ("role_sq", "role_en"), "date", "source", "is_paraphrased"]},
        ),
        ContentItemAdmin.place,
    ]


@admin.register(Statistic)
class StatisticAdmin(ContentItemAdmin):
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
        ContentItemAdmin.place,
    ]


@admin.register(Partner)
class PartnerAdmin(ContentItemAdmin):
    list_display = ["name", "kind", "both_languages", "is_shown", "position"]
    fieldsets = [
        (None, {"fields": ["kind", ("name_sq", "name_en"), ("text_sq", "text_en"), "url"]}),
        ContentItemAdmin.place,
    ]
