"""Admin of milestones: a read-only list."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from pledges.models import Milestone
from staff.admin.base import ModelAdmin, ReadOnly


@admin.register(Milestone)
class MilestoneAdmin(ReadOnly, ModelAdmin):
    """Admin of the milestones that the worker records."""

    list_display = ["__str__", "reached_on", "recorded_at"]
    list_display_links = None
    list_note = _("Milestones are recorded automatically on the day we reach them.")
    actions = None
