"""What came in lately: pledges signed and confirmed, day by day, by sector and by source."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.utils import timezone

DAYS = 30

# Read through the index of created_at; of older days nothing is touched. Midnight is Tirana's.
SIGNED = """
SELECT (created_at AT TIME ZONE 'Europe/Tirane')::date, sector_id, source, count(*),
       count(*) FILTER (WHERE state = 'confirmed')
FROM pledges_pledge WHERE created_at >= (%s::date)::timestamp AT TIME ZONE 'Europe/Tirane' GROUP BY 1, 2, 3
"""

# From the tally: the same at any number of pledges.
CONFIRMED = """
SELECT day, sum(n)::bigint FROM (
    SELECT day, n FROM pledges_tallyday WHERE day >= %s UNION ALL SELECT day, n FROM pledges_tallydelta WHERE day >= %s
) tally GROUP BY day
"""


@dataclass(frozen=True)
class Activity:
    """The last thirty days. Of pledges signed then, `sectors` (by id) and `sources` hold (signed, confirmed since)."""

    # (day, signed on it, confirmed on it), today last
    days: list[tuple[date, int, int]]
    sectors: dict[int, tuple[int, int]]
    sources: dict[str, tuple[int, int]]


def recent():
    """What came in over the last DAYS days, from two queries."""
    today = timezone.localdate()
    since = today - timedelta(days=DAYS - 1)
    signed, sectors, sources = {}, {}, {}
    with connection.cursor() as cursor:
        cursor.execute(SIGNED, [since])
        for day, sector, source, n, confirmed in cursor.fetchall():
            signed[day] = signed.get(day, 0) + n
            for parts, key in ((sectors, sector), (sources, source)):
                before = parts.get(key, (0, 0))
                parts[key] = (before[0] + n, before[1] + confirmed)
        cursor.execute(CONFIRMED, [since, since])
        confirmed_on = dict(cursor.fetchall())
    days = [since + timedelta(days=number) for number in range(DAYS)]
    return Activity([(day, signed.get(day, 0), confirmed_on.get(day, 0)) for day in days], sectors, sources)
