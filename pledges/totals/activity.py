"""Recent activity for the admin dashboard: pledges signed and confirmed, by day, sector and source."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.utils import timezone

DAYS = 30

# Reads only rows of these days, by the index on created_at. A day begins at midnight in Europe/Tirane.
SIGNED_SQL = """
SELECT (created_at AT TIME ZONE 'Europe/Tirane')::date, sector_id, source, count(*),
       count(*) FILTER (WHERE state = 'confirmed')
FROM pledges_pledge WHERE created_at >= (%s::date)::timestamp AT TIME ZONE 'Europe/Tirane' GROUP BY 1, 2, 3
"""

# Reads the tally: constant cost at any number of pledges.
CONFIRMED_SQL = """
SELECT day, sum(n)::bigint FROM (
    SELECT day, way, n FROM pledges_tallyday WHERE day >= %s
    UNION ALL SELECT day, way, n FROM pledges_tallydelta WHERE day >= %s
) tally WHERE way = 'online' GROUP BY day
"""


@dataclass(frozen=True)
class Activity:
    """The last DAYS days. `sectors` (by id) and `sources` map to (signed, confirmed since) of pledges signed in them."""

    # (day, signed that day, confirmed that day); today is last
    days: list[tuple[date, int, int]]
    sectors: dict[int, tuple[int, int]]
    sources: dict[str, tuple[int, int]]


def recent():
    """The Activity of the last DAYS days, in two queries."""
    today = timezone.localdate()
    since = today - timedelta(days=DAYS - 1)
    signed, sectors, sources = {}, {}, {}
    with connection.cursor() as cursor:
        cursor.execute(SIGNED_SQL, [since])
        for day, sector, source, n, confirmed in cursor.fetchall():
            signed[day] = signed.get(day, 0) + n
            for counts, key in ((sectors, sector), (sources, source)):
                before = counts.get(key, (0, 0))
                counts[key] = (before[0] + n, before[1] + confirmed)
        cursor.execute(CONFIRMED_SQL, [since, since])
        confirmed_on = dict(cursor.fetchall())
    days = [since + timedelta(days=offset) for offset in range(DAYS)]
    return Activity([(day, signed.get(day, 0), confirmed_on.get(day, 0)) for day in days], sectors, sources)
