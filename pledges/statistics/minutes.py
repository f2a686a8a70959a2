"""Sign-ups by minute, compared with the days before, and where they come from: what staff look at in a flood."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from statistics import median
from types import SimpleNamespace
from uuid import UUID

from django.db import connection
from django.utils import timezone

from pledges.statistics.models import midnight

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
# With how many days before a period is compared.
DAYS_BEFORE = 7
# The rule of the alarm on the dashboard: that many times the usual number of sign-ups in an hour. Of fewer than FLOOD_FROM, one
# class or meeting that signs together would be an alarm.
FLOOD_FROM = 40
FLOOD_FACTOR = 5

# The sign-ups of each step of a period and of the same period of the days before. Reads only the index on the time of signing.
STEPS_SQL = """
SELECT date_bin(%s, created_at, %s), count(*) FROM pledges_pledge WHERE created_at >= %s AND created_at < %s GROUP BY 1
"""
# The sign-ups of the last hour (0) and of the same hour of each of the days before (1 to 7).
LAST_HOUR_SQL = """
SELECT days, (
    SELECT count(*) FROM pledges_pledge
    WHERE created_at > statement_timestamp() - interval '1 hour' - make_interval(days => days)
    AND created_at <= statement_timestamp() - make_interval(days => days)
) FROM generate_series(0, %s) days ORDER BY days
"""
# A domain or network of fewer sign-ups is not listed: it says nothing about a flood and might point to a person.
LISTED_FROM = 5
LISTED = 20
DOMAIN, NETWORK = "domain_digest", "network_digest"
GROUPS_SQL = """
SELECT (array_agg(id ORDER BY created_at, id))[1], left(encode({column}, 'hex'), 6),
       count(*), count(*) FILTER (WHERE state = 'confirmed'), count(*) FILTER (WHERE state = 'invalidated')
FROM pledges_pledge WHERE created_at >= %s AND created_at < %s AND {column} IS NOT NULL
GROUP BY {column} HAVING count(*) >= %s ORDER BY 3 DESC, 2 LIMIT %s
"""

HEIGHT = 100  # Of the drawing.
# Keeps a bar of one visible beside one of a thousand.
LEAST = 2


@dataclass(frozen=True)
class Period:
    """A period of whole steps, at most a day long: from `since` until just before `until`, and its sign-ups."""

    since: datetime
    until: datetime
    step: timedelta

    @property
    def starts(self):
        return [self.since + self.step * index for index in range((self.until - self.since) // self.step)]

    @property
    def is_hour(self):
        """Whether it is one hour, minute by minute, instead of a day."""
        return self.until - self.since == HOUR

    @cached_property
    def days(self):
        """The sign-ups in each step: a list of them, then one for the same steps of each of the days before."""
        with connection.cursor() as cursor:
            first = self.since - DAY * DAYS_BEFORE
            cursor.execute(STEPS_SQL, [self.step, self.since, first, self.until])
            found = dict(cursor.fetchall())
        return [[found.get(start - DAY * ago, 0) for start in self.starts] for ago in range(DAYS_BEFORE + 1)]

    @property
    def total(self):
        return sum(self.days[0])

    @property
    def usual_total(self):
        [usual] = self.usual(len(self.starts))
        return round(usual)

    def signed(self, steps=1):
        """How many in each group of so many steps."""
        return _sums(self.days[0], steps)

    def usual(self, steps=1):
        """How many usually in each group of so many steps: the median of the days before."""
        return [median(counts) for counts in zip(*(_sums(day, steps) for day in self.days[1:]), strict=True)]


def _sums(counts, steps):
    return [sum(counts[at : at + steps]) for at in range(0, len(counts), steps)]


def last_day():
    """The Period of the present hour and the 23 hours before it, in steps of ten minutes."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    return Period(hour + HOUR - DAY, hour + HOUR, timedelta(minutes=10))


def day(date):
    """The Period of a day in Tirana, in steps of ten minutes."""
    since = midnight(date)
    return Period(since, since + DAY, timedelta(minutes=10))


def hour(since):
    """The Period of the hour that begins then, minute by minute."""
    return Period(since, since + HOUR, timedelta(minutes=1))


def days_to_choose():
    """The days that can be looked at, the newest first: those of which all days before are known."""
    today = timezone.localdate()
    return [today - DAY * ago for ago in range(DAYS_BEFORE)]


def is_flood(signed, usual):
    """Whether so many sign-ups in an hour are far above the usual number. The one rule, for the dashboard and the page."""
    return signed > FLOOD_FROM and signed > FLOOD_FACTOR * usual


def flood_of_last_hour():
    """The sign-ups of the last hour if they are a flood by `is_flood`, else 0. Reads only these hours of each day."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_HOUR_SQL, [DAYS_BEFORE])
        now, *before = (n for _days, n in cursor.fetchall())
    return now if is_flood(now, median(before)) else 0


def chart(period):
    """The drawing of a Period: a bar for each step, and a line of what is usual.

    `bars` and `usual` are path data in a box of `width` × HEIGHT, one unit wide for each step; `highest` is the highest number.
    """
    signed, usual = period.signed(), period.usual()
    highest = max(*signed, *usual)

    def height(n):
        return max(LEAST, HEIGHT * n / highest) if n else 0

    bars = "".join(f"M{x + 0.1:.1f} {HEIGHT}v-{height(n):.1f}h.8V{HEIGHT}z" for x, n in enumerate(signed) if n)
    line = "".join(f"V{HEIGHT - height(n):.1f}H{x + 1}" for x, n in enumerate(usual))
    return SimpleNamespace(
        width=len(signed),
        bars=bars,
        usual=f"M0 {HEIGHT}{line}" if any(usual) else "",
        highest=max(signed),
    )


@dataclass(frozen=True)
class OriginGroup:
    """The sign-ups of one origin in some minutes: how many, and how many of them are confirmed or invalidated now."""

    # A page names the origin by one of its pledges, and never by the digest, which would outlive its erasure.
    first: UUID
    # Six hexadecimal digits that tell networks apart; they lead back to none.
    label: str
    signed: int
    confirmed: int
    invalidated: int


def largest(column, since, until):
    """The OriginGroups of at most LISTED domains or networks of at least LISTED_FROM sign-ups, the largest first."""
    with connection.cursor() as cursor:
        cursor.execute(GROUPS_SQL.format(column=column), [since, until, LISTED_FROM, LISTED])
        return [OriginGroup(*row) for row in cursor.fetchall()]
