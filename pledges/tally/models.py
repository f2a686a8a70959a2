"""What is published of counties: their figures, and the table by which counties stand beside names."""

from django.db import connection, models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _


def _figure(column):
    """What a county shows of the people of one way: their number, or 0 if it is below five."""
    least_five = When(**{f"{column}__gte": 5}, then=F(column))
    return Case(least_five, default=Value(0), output_field=models.BigIntegerField())


# The figures of counties in the published states: (county, day, n) of each day on which one differs from the state before.
MOVES_SQL = """
SELECT county, day, n FROM (
    SELECT key AS county, day, value::bigint AS n, lag(value::bigint, 1, 0::bigint) OVER (PARTITION BY key ORDER BY day) AS before
    FROM pledges_publishedstate, jsonb_each_text(figures -> 'counties')
) figures WHERE n <> before ORDER BY day
"""


class PublishedCounty(models.Model):
    """The published figure of a county, which only `pledges.counting.published.publish_counties()` moves."""

    # The county's code, or "" for none.
    county = models.CharField(max_length=6, primary_key=True)
    # How many people online, in groups and on paper were counted in it when these numbers last moved.
    base = models.BigIntegerField()
    groups = models.BigIntegerField(db_default=0)
    paper = models.BigIntegerField(db_default=0)
    # The figure: the sum of these numbers, without those below five.
    n = models.BigIntegerField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="published_county_never_small",
                condition=Q(
                    base__gte=0, groups__gte=0, paper__gte=0, n=_figure("base") + _figure("groups") + _figure("paper")
                ),
            )
        ]

    def __str__(self):
        return self.county

    def of_way(self, way):
        """The part of the figure that is of one way. Not public."""
        people = {Way.ONLINE: self.base, Way.GROUPS: self.groups, Way.PAPER: self.paper}[way]
        return people if people >= 5 else 0


class PublishedState(models.Model):
    """The figures of counties of one day (in the time zone of Tirana), and the table of sectors by counties, which is not public.

    The table tells which cells a name on the wall may be seen in. Suppressed numbers are not stored; see
    pledges/counting/published.py.
    """

    day = models.DateField(primary_key=True)
    as_of = models.DateTimeField()
    # {"counties": {code or "unknown": n}}: the figures of PublishedCounty.
    figures = models.JSONField()
    # {"online": {"total": n, "sectors": {slug: n}, "counties": {code or "unknown": n}, "cells": {slug: {code: n or None}}}}.
    # A None cell is suppressed. "cells" is absent while all supporters are of one sector or of one county.
    ways = models.JSONField(db_default={})

    class Meta:
        ordering = ["-day"]

    def __str__(self):
        return self.day.isoformat()

    @property
    def table(self):
        """The table of people online, {} if there is none. Not public."""
        return self.ways.get(Way.ONLINE, {})

    @classmethod
    def county_moves(cls):
        """{county code or "unknown": [(day, figure)]} of the days on which the figure differs from that of the state before."""
        moves = {}
        with connection.cursor() as cursor:
            cursor.execute(MOVES_SQL)
            for county, day, n in cursor.fetchall():
                moves.setdefault(county, []).append((day, n))
        return moves


class Way(models.TextChoices):
    """How people signed. Ways are published for the whole country only."""

    ONLINE = "online", _("online")
    GROUPS = "groups", _("in groups")
    PAPER = "paper", _("on paper")
