"""Admin of goals and milestones."""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from pledges.counting import tally
from pledges.goals.models import Goal, Milestone
from pledges.numbers import number
from staff.admin.base import BilingualForm, ModelAdmin, ReadOnly
from staff.admin.content import ContentAdmin


class GoalForm(BilingualForm):
    """The form of a goal. A new number is above what is reached, and no other goal of the same place has it."""

    def clean(self):
        cleaned = super().clean()
        people, county = cleaned.get("people"), cleaned.get("county")
        if people is None or not {"people", "county"} & set(self.changed_data):
            return cleaned
        reached = tally.people_of(county and county.pk)
        if Goal.objects.filter(people=people, county=county).exclude(pk=self.instance.pk).exists():
            self.add_error("people", ValidationError(_("There is already a goal with this number."), code="unique"))
        elif people <= reached:
            words = _("There are already %(people)s supporters. Enter a larger number.") % {"people": number(reached)}
            self.add_error("people", ValidationError(words, code="reached"))
        return cleaned


@admin.register(Goal)
class GoalAdmin(ContentAdmin):
    form = GoalForm
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


@admin.register(Milestone)
class MilestoneAdmin(ReadOnly, ModelAdmin):
    list_display = ["__str__", "reached_on", "recorded_at"]
    list_display_links = None
    list_note = _("Milestones are recorded automatically on the day we reach them.")
    actions = None
