"""The tally of confirmed pledges. Only functions of migrations/sql/tally.sql and published.sql write these tables.

Statement triggers append to TallyDelta. `fold_tally()` moves deltas into the other tables. A total is the sum of cells and
deltas, so it is exact before and after a fold.
"""

from django.db import models

from pledges.models.content_version import RANDOM_MARK


class TallyDelta(models.Model):
    """A change that is not folded yet: `n` more (or fewer, if negative) confirmed pledges of a day, sector and county."""

    # In the time zone of Tirana.
    day = models.DateField()
    # The hour of the confirmation; null if it is older than 25 hours.
    hour = models.DateTimeField(null=True)
    # The sector's id.
    sector = models.BigIntegerField()
    # The county's code, or "" for none.
    county = models.CharField(max_length=6)
    n = models.BigIntegerField()
    mark = models.BigIntegerField(db_default=RANDOM_MARK)


class TallyVersion(models.Model):
    """The XOR of the marks of all folded deltas: a single row with id 1, absent before the first fold."""

    mark = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(name="tally_version_single_row", condition=models.Q(pk=1))]


class TallyDay(models.Model):
    """Confirmed pledges per day, sector and county. The days of milestones are read from here."""

    pk = models.CompositePrimaryKey("day", "sector", "county")
    day = models.DateField()
    sector = models.BigIntegerField()
    county = models.CharField(max_length=6)
    n = models.BigIntegerField()


class TallyDate(models.Model):
    """Confirmed pledges per day. Growth is read from here: one row a day, at any number of sectors and counties."""

    day = models.DateField(primary_key=True)
    n = models.BigIntegerField()


class TallyHour(models.Model):
    """Confirmed pledges per hour, for the figure of the last 24 hours. Housekeeping erases old hours."""

    hour = models.DateTimeField(primary_key=True)
    n = models.BigIntegerField()


class TallyCounty(models.Model):
    """How many people a county gained since the last round of rises, and lost since the last round of falls.

    `fold_tally()` adds to them, `publish_counties()` resets them.
    """

    # The county's code, or "" for none.
    county = models.CharField(max_length=6, primary_key=True)
    gained = models.BigIntegerField()
    lost = models.BigIntegerField()


class CountyRound(models.Model):
    """When `publish_counties()` last compared the counties: a single row with id 1, absent before the first round."""

    held_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="county_round_single_row", condition=models.Q(pk=1))]


class TallyCell(models.Model):
    """Confirmed pledges per sector and county. Totals are read from here."""

    pk = models.CompositePrimaryKey("sector", "county")
    sector = models.BigIntegerField()
    county = models.CharField(max_length=6)
    n = models.BigIntegerField()
