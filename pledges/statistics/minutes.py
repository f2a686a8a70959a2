"""Sign-ups by minute, compared with the days before: what staff look at when a flood of false sign-ups may be coming in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

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


@dataclass(frozen=True)
class Period:
    """A period of whole steps, at most a day long: from `since` until just before `until`."""

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


@dataclass(frozen=True)
class Series:
    """The sign-ups in each step of a period, and in the same steps of each of the days before."""

    counts: list[int]
    before: list[list[int]]

    @property
    def total(self):
        """How many in the whole period."""
        return sum(self.counts)

    @property
    def usual_total(self):
        """How many usually in such a period."""
        [usual] = self.usual(len(self.counts))
        return round(usual)

    def by(self, steps):
        """How many in each group of so many steps."""
        return _sums(self.counts, steps)

    def usual(self, steps=1):
        """How many usually in each group of so many steps: the median of the days before."""
        return [median(counts) for counts in zip(*(_sums(day, steps) for day in self.before), strict=True)]


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


def read(period):
    """The Series of a period."""
    with connection.cursor() as cursor:
        first = period.since - DAY * DAYS_BEFORE
        cursor.execute(STEPS_SQL, [period.step, period.since, first, period.until])
        found = dict(cursor.fetchall())
    days = [[found.get(start - DAY * ago, 0) for start in period.starts] for ago in range(DAYS_BEFORE + 1)]
    return Series(days[0], days[1:])


def is_flood(signed, usual):
    """Whether so many sign-ups in an hour are far above the usual number. The one rule, for the dashboard and the page."""
    return signed > FLOOD_FROM and signed > FLOOD_FACTOR * usual


def flood_of_last_hour():
    """The sign-ups of the last hour if they are a flood by `is_flood`, else 0. Reads only these hours of each day."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_HOUR_SQL, [DAYS_BEFORE])
        now, *before = (n for _days, n in cursor.fetchall())
    return now if is_flood(now, median(before)) else 0
