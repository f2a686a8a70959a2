"""Demands, voices, figures and partners."""

from django.contrib import admin, messages
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from campaign.models import Demand, Partner, Statistic, Voice
from staff.admin.base import BilingualForm, DueFilter, FixedKey
from staff.admin.content import ContentAdmin, MissingLanguageFilter


class PieceForm(FixedKey, BilingualForm):
    pass


class PieceAdmin(ContentAdmin):
    form = PieceForm
    list_filter = ["is_shown", MissingLanguageFilter]
    recovered_values = {"is_shown": False}
    place = (_("Where it stands"), {"fields": ["key", "is_shown", "position"]})


@admin.register(Demand)
class DemandAdmin(PieceAdmin):
    list_display = ["title", "step", "as_of", "checked_on", "both_languages", "is_shown", "position"]
    list_filter = [DueFilter, *PieceAdmin.list_filter]
    list_note = _(
        "What the movement asks of the state changes without telling us: look from time to time whether it still stands as "
        "written, then choose “Looked at today”."
    )
    fieldsets = [
        (None, {"fields": [("title_sq", "title_en"), ("text_sq", "text_en"), ("step", "as_of"), "source"]}),
        (_("Checked"), {"fields": ["checked_on"]}),
        PieceAdmin.place,
    ]
    actions = ["checked_today"]

    @admin.action(description=_("Looked at today"), permissions=["change"])
    def checked_today(self, request, queryset):
        # Read first: a list filtered by what is due holds none of them afterwards.
        rows = list(queryset)
        self.save_first_version(*rows)
        n = queryset.update(checked_on=timezone.localdate())
        self.log_changes(request, rows, "last looked at")
        self.message_user(
            request,
            ngettext("%(count)d demand is looked at.", "%(count)d demands are looked at.", n) % {"count": n},
            messages.SUCCESS,
        )


@admin.register(Voice)
class VoiceAdmin(PieceAdmin):
    list_display = ["person", "date", "is_paraphrased", "both_languages", "is_shown", "position"]
    fieldsets = [
        (
            None,
            {"fields": [("text_sq", "text_en"), "person", ("role_sq", "role_en"), "date", "source", "is_paraphrased"]},
        ),
        PieceAdmin.place,
    ]


@admin.register(Statistic)
class StatisticAdmin(PieceAdmin):
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
        PieceAdmin.place,
    ]


@admin.register(Partner)
class PartnerAdmin(PieceAdmin):
    list_display = ["name", "kind", "both_languages", "is_shown", "position"]
    fieldsets = [(None, {"fields": ["kind", ("name_sq", "name_en"), ("text_sq", "text_en"), "url"]}), PieceAdmin.place]
