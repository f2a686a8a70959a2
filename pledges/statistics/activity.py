"""Recent activity for the admin: pledges signed and confirmed by day, and confirmed by sector or county."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone

from pledges.supporters.models import Pledge

DAYS = 14
WEEK = timedelta(days=7)

# Reads only the index pledge_newest, and of it these days. A day begins at midnight in Europe/Tirane.
SIGNED_SQL = """
SELECT (created_at AT TIME ZONE 'Europe/Tirane')::date, count(*)
FROM pledges_pledge WHERE created_at >= (%s::date)::timestamp AT TIME ZONE 'Europe/Tirane' GROUP BY 1
"""

# Reads only the index pledge_counted, and of it these days.
CONFIRMED_SQL = """
SELECT confirmed_on, sector_id, count(*)
FROM pledges_pledge WHERE state = 'confirmed' AND confirmed_on >= %s GROUP BY confirmed_on, sector_id
"""


@dataclass(frozen=True)
class Activity:
    """The last DAYS days. `sectors` maps ids to (confirmed today, confirmed in the last seven days)."""

    # (day, signed that day, confirmed that day); today is last
    days: list[tuple[date, int, int]]
    sectors: dict[int, tuple[int, int]]


def recent():
    """The Activity of the last DAYS days, in two queries."""
    today = timezone.localdate()
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    confirmed, sectors = dict.fromkeys(days, 0), {}
    with connection.cursor() as cursor:
        cursor.execute(SIGNED_SQL, [days[0]])
        signed = dict(cursor.fetchall())
        cursor.execute(CONFIRMED_SQL, [days[0]])
        rows = cursor.fetchall()
    for day, sector, n in rows:
        confirmed[day] = confirmed.get(day, 0) + n
        of_today, of_week = sectors.get(sector, (0, 0))
        sectors[sector] = of_today + n * (day == today), of_week + n * (day > today - WEEK)
    return Activity([(day, signed.get(day, 0), confirmed[day]) for day in days], sectors)


def of_counties():
    """{county code, or None: (confirmed today, confirmed in the last seven days)}."""
    today = timezone.localdate()
    rows = Pledge.objects.confirmed().filter(confirmed_on__gt=today - WEEK).order_by().values_list("county")
    counted = rows.annotate(today=Count("pk", filter=Q(confirmed_on=today)), week=Count("pk"))
    return {code: (of_today, of_week) for code, of_today, of_week in counted}
