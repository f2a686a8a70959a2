"""Totals read from the tally. They are exact at every moment and cost the same for ten pledges as for ten million.

Totals by sector, county, way and day are live. The table of sectors by counties is a daily published state
(`pledges.totals.published`).
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from pledges.models import County, Sector, TallyDelta

# Cells and what is not folded into them yet, with the moment, in one statement and so in one snapshot.
READ = """
SELECT statement_timestamp(), sector, county, sum(n)::bigint
FROM (SELECT sector, county, n FROM pledges_tallycell UNION ALL SELECT sector, county, n FROM pledges_tallydelta) tally
GROUP BY sector, county
"""

# The same figures from the rows themselves: what check_totals and the tests compare with.
RECOUNT = """
SELECT sector_id, coalesce(county_id, ''), count(*) FROM pledges_pledge WHERE state = 'confirmed' GROUP BY 1, 2
"""

RECOUNT_DAYS = """
SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date, sector_id, coalesce(county_id, ''), count(*)
FROM pledges_pledge WHERE state = 'confirmed' GROUP BY 1, 2, 3
"""

READ_DAYS = """
SELECT day, sector, county, sum(n)::bigint FROM (
    SELECT day, sector, county, n FROM pledges_tallyday UNION ALL SELECT day, sector, county, n FROM pledges_tallydelta
) tally GROUP BY day, sector, county HAVING sum(n) <> 0
"""


# Each day's people, all days and what is not folded into them yet.
DAYS = """
SELECT day, sum(n)::bigint AS n
FROM (SELECT day, n FROM pledges_tallyday UNION ALL SELECT day, n FROM pledges_tallydelta) tally GROUP BY day
"""

# All that the page of totals shows, in one snapshot: cells, days, and the last 24 hours with the moment, which is always there.
READ_WITH_GROWTH = f"""
SELECT at, sector, county, NULL::date, n FROM ({READ}) cells (at, sector, county, n)
UNION ALL SELECT NULL, NULL, NULL, day, n FROM ({DAYS}) days WHERE n <> 0
UNION ALL SELECT statement_timestamp(), NULL, NULL, NULL, count(*) FROM pledges_pledge
    WHERE state = 'confirmed' AND confirmed_at > statement_timestamp() - interval '24 hours'
"""


@dataclass(frozen=True)
class Totals:
    """People who have pledged, as of one moment. `sectors` and `counties` each sum to `total`."""

    as_of: datetime
    total: int
    online: int
    groups: int
    paper: int
    # (Sector, people), in the sectors' order
    sectors: list[tuple[Sector, int]]
    # (County, people), in Albanian order
    counties: list[tuple[County, int]]
    # people who gave no county
    unknown: int
    # {(sector's id, county's code or ""): people}: too fine to be shown live
    cells: dict


@dataclass(frozen=True)
class Growth:
    """When people came. The days of Tirana that have any sum to the total of the same moment."""

    days: list[tuple[date, int]]
    last_24_hours: int


def read():
    """The totals now, from three queries at any number of pledges."""
    cells, as_of = {}, None
    with connection.cursor() as cursor:
        # The outer join gives the moment also when the tally is empty.
        cursor.execute(
            f"SELECT now.at, tally.* FROM (SELECT statement_timestamp() AS at) now LEFT JOIN ({READ}) tally ON true"
        )
        for as_of, _, sector, county, n in cursor.fetchall():  # noqa: B007
            if sector is not None:
                cells[sector, county] = n
    return _totals(as_of, cells)


def read_with_growth():
    """The totals now with their Growth, of one moment, from three queries at any number of pledges."""
    cells, days, as_of, last_24_hours = {}, [], None, 0
    with connection.cursor() as cursor:
        cursor.execute(READ_WITH_GROWTH)
        for at, sector, county, day, n in cursor.fetchall():
            if sector is not None:
                cells[sector, county] = n
            elif day is not None:
                days.append((day, n))
            else:
                as_of, last_24_hours = at, n
    return _totals(as_of, cells), Growth(days=sorted(days), last_24_hours=last_24_hours)


def _totals(as_of, cells):
    total = sum(cells.values())
    sectors, counties = {}, {}
    for (sector, county), n in cells.items():
        sectors[sector] = sectors.get(sector, 0) + n
        counties[county] = counties.get(county, 0) + n
    return Totals(
        as_of=as_of,
        total=total,
        online=total,
        groups=0,
        paper=0,
        # A closed sector stays while somebody is counted in it.
        sectors=[
            (sector, sectors.get(sector.pk, 0))
            for sector in Sector.objects.all()
            if sector.is_open or sectors.get(sector.pk)
        ],
        counties=[(county, counties.get(county.pk, 0)) for county in County.objects.all()],
        unknown=counties.get("", 0),
        cells=cells,
    )


def differences():
    """Where the tally and the rows disagree, in one snapshot: a list of (day, sector, county, tally, rows).

    Empty unless triggers were switched off. Reads every confirmed pledge.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"""
            SELECT coalesce(t.day, r.day), coalesce(t.sector, r.sector), coalesce(t.county, r.county),
                   coalesce(t.n, 0), coalesce(r.n, 0)
            FROM ({READ_DAYS}) t (day, sector, county, n)
            FULL JOIN ({RECOUNT_DAYS}) r (day, sector, county, n)
            ON (t.day, t.sector, t.county) = (r.day, r.sector, r.county)
            WHERE coalesce(t.n, 0) <> coalesce(r.n, 0)
            UNION ALL
            SELECT NULL, coalesce(t.sector, r.sector), coalesce(t.county, r.county), coalesce(t.n, 0), coalesce(r.n, 0)
            FROM ({READ}) t (at, sector, county, n)
            FULL JOIN ({RECOUNT}) r (sector, county, n) ON (t.sector, t.county) = (r.sector, r.county)
            WHERE coalesce(t.n, 0) <> coalesce(r.n, 0)
            ORDER BY 1, 2, 3
        """)
        return cursor.fetchall()


def fold():
    """Move all deltas into the day and cell tables; the number moved, or None while another process folds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT fold_tally()")
        return cursor.fetchone()[0]


def unfolded():
    """How many deltas wait to be folded."""
    return TallyDelta.objects.count()


def rebuild():
    """Make the tally anew from the rows; sign-ups and confirmations wait meanwhile, readers do not."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE pledges_pledge IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SELECT pg_advisory_xact_lock(tally_lock())")
        cursor.execute("DELETE FROM pledges_tallydelta")
        cursor.execute("DELETE FROM pledges_tallyday")
        cursor.execute("DELETE FROM pledges_tallycell")
        cursor.execute(f"INSERT INTO pledges_tallyday (day, sector, county, n) {RECOUNT_DAYS}")
        cursor.execute(f"INSERT INTO pledges_tallycell (sector, county, n) {RECOUNT}")
