"""The tally of confirmed pledges. Only the triggers and `fold_tally()` of migrations/sql/tally.sql write these tables.

Statement triggers append to TallyDelta. `fold_tally()` moves deltas into TallyDay and TallyCell. A total is the sum of cells and
deltas, so it is exact before and after a fold.
"""

from django.db import models


class TallyDelta(models.Model):
    """A change that is not folded yet: `n` more (or fewer, if negative) confirmed pledges of a day, sector and county."""

    # In the time zone of Tirana.
    day = models.DateField()
    # The sector's id.
    sector = models.BigIntegerField()
    # The county's code, or "" for none.
    county = models.CharField(max_length=6)
    n = models.BigIntegerField()


class TallyDay(models.Model):
    """Confirmed pledges per day, sector and county. Growth is read from here."""

    pk = models.CompositePrimaryKey("day", "sector", "county")
    day = models.DateField()
    sector = models.BigIntegerField()
    county = models.CharField(max_length=6)
    n = models.BigIntegerField()


class TallyCell(models.Model):
    """Confirmed pledges per sector and county. Totals are read from here."""

    pk = models.CompositePrimaryKey("sector", "county")
    sector = models.BigIntegerField()
    county = models.CharField(max_length=6)
    n = models.BigIntegerField()
