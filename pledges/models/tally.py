"""The tally that the database itself keeps of confirmed pledges (triggers in migration 0002).

Statement triggers append to TallyDelta; `fold_tally()` moves deltas into TallyDay and TallyCell. A total is cells and deltas
together: exact whether folded or not. Nothing but the triggers and the fold writes here.
"""

from django.db import models


class TallyDelta(models.Model):
    """A change not folded yet: `n` more (or fewer) confirmed pledges of a Tirana day, sector and county."""

    day = models.DateField()
    sector = models.BigIntegerField()
    # The county's code, or "" for none.
    county = models.CharField(max_length=6)
    n = models.BigIntegerField()


class TallyDay(models.Model):
    """Confirmed pledges a day, sector and county: what growth is read from."""

    pk = models.CompositePrimaryKey("day", "sector", "county")
    day = models.DateField()
    sector = models.BigIntegerField()
    county = models.CharField(max_length=6)
    n = models.BigIntegerField()


class TallyCell(models.Model):
    """Confirmed pledges a sector and county: what totals are read from."""

    pk = models.CompositePrimaryKey("sector", "county")
    sector = models.BigIntegerField()
    county = models.CharField(max_length=6)
    n = models.BigIntegerField()
