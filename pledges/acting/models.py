"""From signing to acting: how far those who signed in a week came. Only numbers: no row names a person."""

from django.db import models
from django.db.models import F, Q

from pledges.tally.models import Way

# The steps. Each counts people of the step before.
STEPS = ("signed", "confirmed", "chose", "answered", "kept")
# The columns of ActingWeek with numbers.
NUMBERS = (*STEPS, "planned", "erased")
# How many weeks are counted and kept, the present one included: enough to compare twelve weeks whose last step is complete.
ACTING_WEEKS = 30


class ActingWeek(models.Model):
    """Those who signed in one week, Monday to Sunday in Tirana, by sector, county and way. Exact: pages show steps of five.

    All rows are counted again once a day (pledges/acting/acting.py), so that they follow corrections and withdrawals.
    """

    pk = models.CompositePrimaryKey("week", "sector", "county", "way")
    week = models.DateField()
    # The sector's id.
    sector = models.BigIntegerField()
    # The county's code, or "" for none.
    county = models.CharField(max_length=6, blank=True)
    way = models.CharField(max_length=6, choices=Way)
    counted_at = models.DateTimeField()
    signed = models.PositiveIntegerField()
    # Of those who signed: erased without a confirmation.
    erased = models.PositiveIntegerField()
    confirmed = models.PositiveIntegerField()
    chose = models.PositiveIntegerField()
    # Of those who chose a commitment: with a day, a part of the day or a place for one.
    planned = models.PositiveIntegerField()
    answered = models.PositiveIntegerField()
    kept = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="acting_week_begins_on_monday", condition=Q(week__iso_week_day=1)),
            models.CheckConstraint(
                name="acting_week_each_step_of_the_one_before",
                condition=Q(
                    signed__gte=F("erased") + F("confirmed"),
                    confirmed__gte=F("chose"),
                    chose__gte=F("planned"),
                    answered__lte=F("chose"),
                    kept__lte=F("answered"),
                ),
            ),
        ]

    def __str__(self):
        return f"{self.week}"


class ActingChange(models.Model):
    """`n` people who signed in a week and were erased without a confirmation.

    Only the triggers of migrations/sql/acting.sql write it. The next count adds it to ActingWeek and erases it.
    """

    week = models.DateField()
    sector = models.BigIntegerField()
    county = models.CharField(max_length=6, blank=True)
    way = models.CharField(max_length=6, choices=Way)
    n = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.week}"
