"""Admin of hand-overs."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from campaign.demands.handovers import HandOver
from staff.admin.content import ContentAdmin


@admin.register(HandOver)
class HandOverAdmin(ContentAdmin):
    """Hand-overs, by goal."""

    shown_at = "campaign:home"
    search_fields = ["institution__unaccent__icontains", "registry_number"]
    list_display = ["goal", "demand", "institution", "handed_on", "registry_number", "answered_on"]
    list_select_related = ["goal__county", "demand"]
    list_note = _(
        "What happens when a goal is reached: a demand is handed to an institution. Home, or the page of the county, shows it. "
        "Days without an answer are counted only once you have entered the date and the registry number."
    )
    fieldsets = [
        (None, {"fields": ["goal", "demand", "institution"]}),
        (_("Handed over"), {"fields": [("handed_on", "registry_number")]}),
        (_("Answer"), {"fields": ["answered_on", ("answer_sq", "answer_en")]}),
    ]
