"""The tally: counts of confirmed pledges, which triggers maintain."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from pledges.serving.models import RANDOM_MARK


class Way(models.TextChoices):
    """How people signed. Ways are published for the whole country only."""

    ONLINE = "online", _("online")
    GROUPS = "groups", _("in groups")
    PAPER = "paper", _("on paper")


def _way():
    return models.CharField(max_length=6, choices=Way)


class TallyDelta(models.Model):
    """A change that is not folded yet: `n` more (or fewer, if negative) people of a day, sector, county and way."""

    # In the time zone of Tirana.
    day = models.DateField()
    # The hour of the confirmation; null if it is older than eight days.
    hour = models.DateTimeField(null=True)
    # The sector's id.
    sector = models.BigIntegerField()
    # The county's code, or "" for none.
    county = models.CharField(max_length=6)
    way = _way()
    n = models.BigIntegerField()
    mark = models.BigIntegerField(db_default=RANDOM_MARK)


class TallyVersion(models.Model):
    """The XOR of the marks of all folded deltas: a single row with id 1, absent before the first fold."""

    mark = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(name="tally_version_single_row", condition=models.Q(pk=1))]


class TallyDay(models.Model):
    """People per day, sector, county and way. The days of milestones are read from here."""

    pk = models.CompositePrimaryKey("day", "sector", "county", "way")
    day = models.DateField()
    sector = models.BigIntegerField()
    county = models.CharField(max_length=6)
    way = _way()
    n = models.BigIntegerField()


class TallyDate(models.Model):
    """People per day. Growth is read from here: one row a day, at any number of sectors and counties."""

    day = models.DateField(primary_key=True)
    n = models.BigIntegerField()


class TallyHour(models.Model):
    """People per hour, for the figure of the last 24 hours. Housekeeping erases old hours."""

    hour = models.DateTimeField(primary_key=True)
    n = models.BigIntegerField()


class TallyCounty(models.Model):
    """How many people of a way a county gained and lost. Nothing reads it."""

    pk = models.CompositePrimaryKey("county", "way")
    # The county's code, or "" for none.
    county = models.CharField(max_length=6)
    way = _way()
    gained = models.BigIntegerField()
    lost = models.BigIntegerField()


class TallyCell(models.Model):
    """People per sector, county and way. Totals are read from here."""

    pk = models.CompositePrimaryKey("sector", "county", "way")
    sector = models.BigIntegerField()
    county = models.CharField(max_length=6)
    way = _way()
    n = models.BigIntegerField()
