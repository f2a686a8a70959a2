"""Reading, folding and checking the tally. Totals are exact at every moment, at a cost independent of the number of pledges.

Totals by sector, county, way of signing and day are live. The table of sectors by counties is published once a day
(`pledges.totals.published`).
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from pledges.models import County, Sector, TallyDelta

# Cells and deltas not yet folded into them, with the time: one statement, so one snapshot.
READ_SQL = """
SELECT statement_timestamp(), sector, county, sum(n)::bigint
FROM (SELECT sector, county, n FROM pledges_tallycell UNION ALL SELECT sector, county, n FROM pledges_tallydelta) tally
GROUP BY sector, county
"""

# The same figures counted from the pledges, for check_totals.
RECOUNT_SQL = """
SELECT sector_id, coalesce(county_id, ''), count(*) FROM pledges_pledge WHERE state = 'confirmed' GROUP BY 1, 2
"""

RECOUNT_DAYS_SQL = """
SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date, sector_id, coalesce(county_id, ''), count(*)
FROM pledges_pledge WHERE state = 'confirmed' GROUP BY 1, 2, 3
"""

READ_DAYS_SQL = """
SELECT day, sector, county, sum(n)::bigint FROM (
    SELECT day, sector, county, n FROM pledges_tallyday UNION ALL SELECT day, sector, county, n FROM pledges_tallydelta
) tally GROUP BY day, sector, county HAVING sum(n) <> 0
"""

# People by day, with deltas not yet folded.
PEOPLE_BY_DAY_SQL = """
SELECT day, sum(n)::bigint AS n
FROM (SELECT day, n FROM pledges_tallyday UNION ALL SELECT day, n FROM pledges_tallydelta) tally GROUP BY day
"""

# Everything on the page of totals in one snapshot: cells, days, and always one row with the time and the last 24 hours.
READ_WITH_GROWTH_SQL = f"""
SELECT at, sector, county, NULL::date, n FROM ({READ_SQL}) cells (at, sector, county, n)
UNION ALL SELECT NULL, NULL, NULL, day, n FROM ({PEOPLE_BY_DAY_SQL}) days WHERE n <> 0
UNION ALL SELECT statement_timestamp(), NULL, NULL, NULL, count(*) FROM pledges_pledge
    WHERE state = 'confirmed' AND confirmed_at > statement_timestamp() - interval '24 hours'
"""


@dataclass(frozen=True)
class Totals:
    """Confirmed pledges at one moment. `sectors` sum to `total`, and so do `counties` with `unknown`."""

    as_of: datetime
    total: int
    online: int
    groups: int
    paper: int
    # (Sector, people), by position
    sectors: list[tuple[Sector, int]]
    # (County, people), in Albanian alphabetical order
    counties: list[tuple[County, int]]
    # People without a county
    unknown: int
    # {(sector id, county code or ""): people}. Not for publication: see pledges.totals.published.
    cells: dict

    @property
    def has_several_ways(self):
        """Whether people signed in more than one way: online, in a group, on paper."""
        return sum(people > 0 for people in (self.online, self.groups, self.paper)) > 1


@dataclass(frozen=True)
class Growth:
    """Confirmed pledges over time. `days` (Europe/Tirane) leaves out days without any; they sum to the total of that moment."""

    days: list[tuple[date, int]]
    last_24_hours: int


def read():
    """The current Totals, in three queries."""
    with connection.cursor() as cursor:
        # The outer join returns the time even if the tally is empty.
        cursor.execute(
            f"SELECT now.at, tally.* FROM (SELECT statement_timestamp() AS at) now LEFT JOIN ({READ_SQL}) tally ON true"
        )
        rows = cursor.fetchall()
    as_of = rows[0][0]
    cells = {(sector, county): n for _at, _read_at, sector, county, n in rows if sector is not None}
    return _totals(as_of, cells)


def read_with_growth():
    """The current Totals and their Growth at the same moment, in three queries."""
    cells, days, as_of, last_24_hours = {}, [], None, 0
    with connection.cursor() as cursor:
        cursor.execute(READ_WITH_GROWTH_SQL)
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
        # A closed sector is listed while it has confirmed pledges.
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
    """Differences between the tally and the pledges in one snapshot: (day, sector, county, tally, pledges); day None for cells.

    Empty unless triggers were disabled. Reads every confirmed pledge.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"""
            SELECT coalesce(t.day, r.day), coalesce(t.sector, r.sector), coalesce(t.county, r.county),
                   coalesce(t.n, 0), coalesce(r.n, 0)
            FROM ({READ_DAYS_SQL}) t (day, sector, county, n)
            FULL JOIN ({RECOUNT_DAYS_SQL}) r (day, sector, county, n)
            ON (t.day, t.sector, t.county) = (r.day, r.sector, r.county)
            WHERE coalesce(t.n, 0) <> coalesce(r.n, 0)
            UNION ALL
            SELECT NULL, coalesce(t.sector, r.sector), coalesce(t.county, r.county), coalesce(t.n, 0), coalesce(r.n, 0)
            FROM ({READ_SQL}) t (at, sector, county, n)
            FULL JOIN ({RECOUNT_SQL}) r (sector, county, n) ON (t.sector, t.county) = (r.sector, r.county)
            WHERE coalesce(t.n, 0) <> coalesce(r.n, 0)
            ORDER BY 1, 2, 3
        """)
        return cursor.fetchall()


def fold():
    """Move all deltas into the day and cell tables; returns their number, or None while another process folds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT fold_tally()")
        return cursor.fetchone()[0]


def unfolded():
    """The number of deltas not yet folded."""
    return TallyDelta.objects.count()


def rebuild():
    """Rebuild the tally from the pledges. Writes to pledges wait until it is done; reads do not."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE pledges_pledge IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SELECT pg_advisory_xact_lock(tally_lock())")
        cursor.execute("DELETE FROM pledges_tallydelta")
        cursor.execute("DELETE FROM pledges_tallyday")
        cursor.execute("DELETE FROM pledges_tallycell")
        cursor.execute(f"INSERT INTO pledges_tallyday (day, sector, county, n) {RECOUNT_DAYS_SQL}")
        cursor.execute(f"INSERT INTO pledges_tallycell (sector, county, n) {RECOUNT_SQL}")
