"""Demands, voices, figures and partners."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from campaign.models import Demand, Partner, Statistic, Voice
from staff.admin.base import BothLanguagesForm, KeyIsKept
from staff.admin.content import BothLanguagesFilter, ContentAdmin


class PieceForm(KeyIsKept, BothLanguagesForm):
    pass


class PieceAdmin(ContentAdmin):
    form = PieceForm
    list_filter = ["is_shown", BothLanguagesFilter]
    comes_back_as = {"is_shown": False}
    place = (_("Where it stands"), {"fields": ["key", "is_shown", "position"]})


@admin.register(Demand)
class DemandAdmin(PieceAdmin):
    list_display = ["title", "step", "as_of", "both_languages", "is_shown", "position"]
    fieldsets = [
        (None, {"fields": [("title_sq", "title_en"), ("text_sq", "text_en"), ("step", "as_of"), "source"]}),
        PieceAdmin.place,
    ]


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
