"""Goals: the numbers of supporters to reach, each with what happens when it is reached."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges.languages import filled, in_both_languages
from pledges.numbers import number, one_two_five
from pledges.places.models import County

MIN_PEOPLE = 10
# The next goal opens when this part of the one before it is reached.
OPENS_AT = 0.9
# The smallest goal that staff did not set. A smaller one would leave gaps in the mosaic.
SMALLEST_ROUND = 100


class Goal(models.Model):
    """A goal that staff set. Home and totals show the next national one, the page of a county the next one of its own."""

    people = models.PositiveIntegerField(
        _("number of supporters"),
        validators=[MinValueValidator(MIN_PEOPLE)],
        help_text=_("How many supporters we aim for, for example 5000."),
    )
    county = models.ForeignKey(
        County,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="goals",
        limit_choices_to=~Q(code=County.ABROAD),
        verbose_name=_("county"),
        help_text=_("Leave empty for a goal of the whole country. The page of a county shows its goals."),
    )
    sentence = in_both_languages(
        _("what happens then"),
        _(
            "What we do when there are this many supporters, as one sentence, for example “At 5000 we hand our demands "
            "to Parliament.” If this is empty, only the number is shown."
        ),
        max_length=160,
        blank=True,
    )

    class Meta:
        verbose_name = _("goal")
        verbose_name_plural = _("goals")
        ordering = [F("county__sort_key").asc(nulls_first=True), "people"]
        constraints = [
            models.UniqueConstraint(fields=["people", "county"], name="goal_unique_in_county", nulls_distinct=False),
            models.CheckConstraint(name="goal_county_has_a_page", condition=~Q(county=County.ABROAD) | Q(county=None)),
            models.CheckConstraint(name="goal_is_large_enough", condition=Q(people__gte=MIN_PEOPLE)),
            models.CheckConstraint(
                name="goal_sentence_in_both_languages",
                condition=Q(sentence_sq="", sentence_en="") | filled("sentence"),
                violation_error_message=_("Write this in both languages, or leave both empty."),
            ),
        ]

    def __str__(self):
        return f"{number(self.people)}, {self.county}" if self.county else number(self.people)


def goal_above(goals, total):
    """The Goal to show at `total` supporters. `goals` are those of staff, the smallest first.

    It is the first that is less than OPENS_AT reached, or the last until it is reached. After that it is
    `round_goal(total)`, as an unsaved Goal without a sentence.
    """
    for goal in goals:
        if total < OPENS_AT * goal.people:
            return goal
    if goals and goals[-1].people > total:
        return goals[-1]
    return Goal(people=round_goal(total))


def round_goal(people):
    """The goal of a group or county with so many people: the next number of the series 100, 200, 500, 1000, …"""
    return next(goal for goal in one_two_five() if goal >= SMALLEST_ROUND and goal > people)


class Milestone(models.Model):
    """A number of supporters, a power of ten, and the day (in the time zone of Tirana) on which it was reached."""

    people = models.PositiveIntegerField(_("people"), unique=True)
    reached_on = models.DateField(_("reached"))
    recorded_at = models.DateTimeField(_("recorded"), auto_now_add=True)

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["-people"]

    def __str__(self):
        return gettext("%(people)s supporters") % {"people": number(self.people)}
