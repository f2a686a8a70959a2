"""Recent activity for the admin: pledges signed and confirmed by day, confirmed by sector, and what is usual."""

from dataclasses import dataclass
from datetime import date, timedelta
from statistics import mean

from django.db import connection
from django.utils import timezone

DAYS = 14
# A day is compared with the same weekday of so many weeks before it.
WEEKS = 4
WEEK = timedelta(days=7)

# Reads only the index pledge_newest, and of it these days. A day begins at midnight in Europe/Tirane.
SIGNED_SQL = """
SELECT (created_at AT TIME ZONE 'Europe/Tirane')::date, count(*)
FROM pledges_pledge WHERE created_at >= (%s::date)::timestamp AT TIME ZONE 'Europe/Tirane' GROUP BY 1
"""

# Reads only the index pledge_counted, and of it these days.
CONFIRMED_SQL = """
SELECT confirmed_on, sector_id, count(*), (SELECT min(confirmed_on) FROM pledges_pledge WHERE state = 'confirmed')
FROM pledges_pledge WHERE state = 'confirmed' AND confirmed_on >= %s GROUP BY confirmed_on, sector_id
"""


@dataclass(frozen=True)
class Activity:
    """The last DAYS days. `sectors` maps ids to (confirmed today, confirmed in the last seven days)."""

    # (day, signed that day, confirmed that day); today is last
    days: list[tuple[date, int, int]]
    # How many usually confirm on each of these days: the mean of the same weekday of WEEKS weeks before. None for today, which is
    # not over, and where the site is younger. Confirmations, because pledges that were never confirmed are erased after 14 days.
    usual: list[float | None]
    sectors: dict[int, tuple[int, int]]

    @property
    def last_week(self):
        """(confirmed in the seven days until yesterday, how many usually confirm in these), or None where that is not known."""
        usual = self.usual[-8:-1]
        return None if None in usual else (sum(row[2] for row in self.days[-8:-1]), round(sum(usual)))


def recent():
    """The Activity of the last DAYS days, in two queries."""
    today = timezone.localdate()
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    confirmed, sectors = dict.fromkeys(days, 0), {}
    with connection.cursor() as cursor:
        cursor.execute(SIGNED_SQL, [days[0]])
        signed = dict(cursor.fetchall())
        cursor.execute(CONFIRMED_SQL, [days[0] - WEEKS * WEEK])
        rows = cursor.fetchall()
    # The first day of all. Without confirmations in all these weeks nothing is usual.
    begun = rows[0][3] if rows else None
    for day, sector, n, _begun in rows:
        confirmed[day] = confirmed.get(day, 0) + n
        of_today, of_week = sectors.get(sector, (0, 0))
        sectors[sector] = of_today + n * (day == today), of_week + n * (day > today - WEEK)

    def usual(day):
        if day == today or begun is None or begun > day - WEEKS * WEEK:
            return None
        return mean(confirmed.get(day - WEEK * weeks, 0) for weeks in range(1, WEEKS + 1))

    rows = [(day, signed.get(day, 0), confirmed[day]) for day in days]
    return Activity(rows, [usual(day) for day in days], sectors)
