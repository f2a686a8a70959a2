"""Hand-overs: a demand that goes to an institution when a goal is reached, and what the institution answered."""

from dataclasses import dataclass
from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaign.columns import in_both_languages
from campaign.content import SiteContent
from campaign.demands.models import Demand
from campaign.demands.steps import not_in_the_future
from pledges.content import PledgeContent
from pledges.counting import tally
from pledges.goals.models import OPENS_AT
from pledges.models import Goal


class HandOver(models.Model):
    """What is handed to whom, for a goal or another reason. Silence counts from `handed_on`, which needs a registry number."""

    goal = models.OneToOneField(
        Goal,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="handover",
        verbose_name=_("goal"),
        error_messages={"unique": _("This goal already has a hand-over.")},
        help_text=_(
            "The demand is handed over when there are so many supporters. Leave empty if it is for another reason."
        ),
    )
    demand = models.ForeignKey(
        Demand,
        on_delete=models.PROTECT,
        related_name="handovers",
        verbose_name=_("demand"),
        help_text=_("What is handed over."),
    )
    institution = models.CharField(
        _("institution"),
        max_length=160,
        help_text=_(
            "The institution that receives it, by its official name in Albanian, for example “Kuvendi”. Never a person."
        ),
    )
    handed_on = models.DateField(
        _("handed over on"),
        null=True,
        blank=True,
        validators=[not_in_the_future],
        help_text=_("The date on which the institution registered it. The page counts the days from here."),
    )
    registry_number = models.CharField(
        _("registry number"),
        max_length=60,
        blank=True,
        help_text=_("The number that the institution gave it, for example “1234/1”. The page shows it."),
    )
    answered_on = models.DateField(
        _("answered on"),
        null=True,
        blank=True,
        validators=[not_in_the_future],
        help_text=_("The date of the answer. Leave empty until there is one."),
    )
    answer = in_both_languages(
        _("answer"),
        _(
            "Write the institution’s own words, without quotation marks, for example “We will examine the "
            "demand”; in the other language an exact translation. Leave out the names of people."
        ),
        models.TextField,
        max_length=1500,
        blank=True,
    )

    required_translations = []

    class Meta:
        verbose_name = _("hand-over of a demand")
        verbose_name_plural = _("hand-overs of demands")
        ordering = ["goal__people", "pk"]
        constraints = [
            models.CheckConstraint(name="handover_names_an_institution", condition=~Q(institution="")),
            models.CheckConstraint(
                name="handover_date_with_registry_number",
                condition=Q(handed_on=None, registry_number="") | (Q(handed_on__isnull=False) & ~Q(registry_number="")),
                violation_error_message=_("Enter the date and the registry number together."),
            ),
            models.CheckConstraint(
                name="handover_answer_is_whole",
                condition=Q(answered_on=None, answer_sq="", answer_en="")
                | (
                    Q(handed_on__isnull=False, answered_on__isnull=False, answered_on__gte=F("handed_on"))
                    & ~Q(answer_sq="")
                    & ~Q(answer_en="")
                ),
                violation_error_message=_(
                    "An answer needs its date, its words in both languages, and a hand-over before it."
                ),
            ),
        ]

    def __str__(self):
        return f"{self.goal}: {self.institution}" if self.goal else self.institution

    @property
    def missing(self):
        """The people to go until its goal; 0 once it is reached, and without one."""
        if self.goal is None:
            return 0
        county = self.goal.county_id
        people = tally.read().total if county is None else PledgeContent.current().people_of(f"county:{county}")
        return max(0, self.goal.people - people)


@SiteContent.share
def handovers(content):
    """The hand-overs of demands that the public sees."""
    return tuple(HandOver.objects.filter(demand__draft=None).select_related("goal__county", "demand"))


@dataclass(frozen=True)
class Shown:
    """A HandOver on one day; `missing` are the people to go until its goal, 0 once it is reached or handed over."""

    row: HandOver
    missing: int
    today: date

    @property
    def days(self):
        """Days from the hand-over until the answer, or until today while there is none."""
        return ((self.row.answered_on or self.today) - self.row.handed_on).days


def of_place(people, county=None):
    """The Shown hand-over of the whole country, or of the county with this code, at so many people; None if there is none.

    It is the one of the largest goal that was handed over, is reached, or has given its place to the next goal and with it the
    place of its sentence.
    """
    content = SiteContent.current()
    following = PledgeContent.current().goal_above(people, county)
    for row in reversed(content.handovers):
        goal = row.goal
        if goal is None:
            continue
        is_near = goal.pk != following.pk and goal.sentence and people >= OPENS_AT * goal.people
        if goal.county_id == county and (row.handed_on or people >= goal.people or is_near):
            missing = 0 if row.handed_on else max(0, goal.people - people)
            return Shown(row, missing, content.today)
    return None


def of_demand(demand):
    """The Shown hand-overs of this demand that have taken place, the last one first."""
    content = SiteContent.current()
    rows = (row for row in content.handovers if row.demand_id == demand.pk and row.handed_on)
    return [Shown(row, 0, content.today) for row in sorted(rows, key=lambda row: row.handed_on, reverse=True)]
