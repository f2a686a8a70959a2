"""Reading, folding and checking the tally. Totals are exact at every moment, at a cost independent of the number of pledges.

Totals by sector, way of signing and day are live. Figures of counties are published (`pledges.published`).
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from pledges.content import PledgeContent
from pledges.places.models import County
from pledges.sectors.models import Sector
from pledges.serving import snapshot
from pledges.serving.moments import Depth
from pledges.tally.models import TallyDelta, TallyHour, Way

# Cells and deltas not yet folded into them: one statement, so one snapshot.
READ_SQL = """
SELECT sector, county, way, sum(n)::bigint FROM (
    SELECT sector, county, way, n FROM pledges_tallycell UNION ALL SELECT sector, county, way, n FROM pledges_tallydelta
) tally GROUP BY sector, county, way
"""

# The counted people as the rows hold them, for check_totals.
PEOPLE_SQL = """
SELECT confirmed_at AS at, sector_id AS sector, coalesce(county_id, '') AS county, 'online' AS way, 1 AS n
FROM pledges_pledge WHERE state = 'confirmed'
UNION ALL
SELECT approved_at, sector::bigint, county_id, 'groups', each.n::bigint
FROM pledges_grouppledge, jsonb_each_text(counted) AS each (sector, n) WHERE state = 'approved'
UNION ALL
SELECT counted_at, sector::bigint, coalesce(county_id, ''), 'paper', each.n::bigint
FROM pledges_papersheet, jsonb_each_text(first) AS each (sector, n) WHERE state = 'counted'
"""

RECOUNT_SQL = f"SELECT sector, county, way, sum(n)::bigint FROM ({PEOPLE_SQL}) people GROUP BY 1, 2, 3"

RECOUNT_DAYS_SQL = f"""
SELECT (at AT TIME ZONE 'Europe/Tirane')::date, sector, county, way, sum(n)::bigint FROM ({PEOPLE_SQL}) people
GROUP BY 1, 2, 3, 4
"""

READ_DAYS_SQL = """
SELECT day, sector, county, way, sum(n)::bigint FROM (
    SELECT day, sector, county, way, n FROM pledges_tallyday UNION ALL SELECT day, sector, county, way, n FROM pledges_tallydelta
) tally GROUP BY day, sector, county, way HAVING sum(n) <> 0
"""

# People by day and by hour, as growth and the last 24 hours read them.
READ_DATES_SQL = """
SELECT day, sum(n)::bigint FROM (
    SELECT day, n FROM pledges_tallydate UNION ALL SELECT day, n FROM pledges_tallydelta
) tally GROUP BY day HAVING sum(n) <> 0
"""

READ_HOURS_SQL = """
SELECT hour, sum(n)::bigint FROM (
    SELECT hour, n FROM pledges_tallyhour UNION ALL SELECT hour, n FROM pledges_tallydelta
) tally WHERE hour > date_trunc('hour', statement_timestamp(), 'UTC') - interval '24 hours' GROUP BY hour HAVING sum(n) <> 0
"""

RECOUNT_HOURS_SQL = f"""
SELECT date_trunc('hour', at, 'UTC'), sum(n)::bigint FROM ({PEOPLE_SQL}) people
WHERE at >= date_trunc('hour', statement_timestamp(), 'UTC') - interval '23 hours' GROUP BY 1
"""


@dataclass(frozen=True)
class Totals:
    """The people counted at one moment: `total` is the sum of the three ways, and `sectors` sum to it.

    `counties` with `unknown` are published figures (0 where nothing is shown), which sum to `counties_total`.
    """

    as_of: datetime
    total: int
    # People who confirmed today (Europe/Tirane) and have not withdrawn
    today: int
    online: int
    groups: int
    paper: int
    # (Sector, people), by position
    sectors: list[tuple[Sector, int]]
    # When counties were last published; `as_of` before the first time.
    counties_as_of: datetime
    # (County, published figure), in Albanian alphabetical order
    counties: list[tuple[County, int]]
    # The published figure of people without a county
    unknown: int
    # {(sector id, county code or ""): people}. Not for publication.
    cells: dict

    @property
    def counties_total(self):
        """The sum of the published figures of counties."""
        return sum(people for _, people in self.counties) + self.unknown

    @property
    def midnight(self):
        """The end of the day (Europe/Tirane) whose people are `today`."""
        return timezone.make_aware(datetime.combine(timezone.localdate(self.as_of) + timedelta(days=1), time.min))

    @property
    def has_several_ways(self):
        """Whether people signed in more than one way: online, in a group, on paper."""
        return sum(people > 0 for people in (self.online, self.groups, self.paper)) > 1


@dataclass(frozen=True)
class Growth:
    """Confirmed pledges over time. `days` (Europe/Tirane) leaves out days without any; they sum to the total of that moment.

    `last_24_hours` counts whole hours: those confirmed in the current hour and the 23 before it.
    """

    days: list[tuple[date, int]]
    last_24_hours: int


def read():
    """The Totals of now, in one statement."""
    return _totals(snapshot.show(snapshot.read(Depth.TOTALS)))


def read_with_growth():
    """The Totals of now and their Growth, in one statement."""
    moment = snapshot.show(snapshot.read(Depth.GROWTH))
    return _totals(moment), _growth(moment)


def shown():
    """The Totals of the moment that the current page shows."""
    return _totals(snapshot.current())


def shown_with_growth():
    """The Totals of the moment that the current page shows, and their Growth."""
    moment = snapshot.current()
    return _totals(moment), _growth(moment)


def _totals(moment):
    content, cells = moment.content.parts[PledgeContent], moment.figures.cells
    total = sum(cells.values())
    sectors = {}
    for (sector, _county), n in cells.items():
        sectors[sector] = sectors.get(sector, 0) + n
    return Totals(
        as_of=moment.at,
        total=total,
        today=moment.figures.latest_days.get(timezone.localdate(moment.at), 0),
        **{way: moment.figures.ways.get(way, 0) for way in Way.values},
        # A closed sector is listed while it has confirmed pledges.
        sectors=[
            (sector, sectors.get(sector.pk, 0))
            for sector in content.sectors
            if sector.is_open or sectors.get(sector.pk)
        ],
        counties_as_of=content.published_at or moment.at,
        counties=[(county, content.people_of(f"county:{county.pk}")) for county in content.counties],
        unknown=content.people_of("county:"),
        cells=cells,
    )


def _growth(moment):
    figures, since = moment.figures, moment.at.replace(minute=0, second=0, microsecond=0) - timedelta(hours=23)
    return Growth(days=figures.days, last_24_hours=sum(n for hour, n in figures.hours if hour >= since))


def differences():
    """Differences between the tally and the rows in one snapshot: (day, sector, county, way, tally, rows).

    Day is None for cells, sector, county and way are None for sums by day; the hours of the last day are compared as one row of
    today without them. Empty unless triggers were disabled. Reads every confirmed pledge.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"""
            SELECT coalesce(t.day, r.day), coalesce(t.sector, r.sector), coalesce(t.county, r.county),
                   coalesce(t.way, r.way), coalesce(t.n, 0), coalesce(r.n, 0)
            FROM ({READ_DAYS_SQL}) t (day, sector, county, way, n)
            FULL JOIN ({RECOUNT_DAYS_SQL}) r (day, sector, county, way, n)
            ON (t.day, t.sector, t.county, t.way) = (r.day, r.sector, r.county, r.way)
            WHERE coalesce(t.n, 0) <> coalesce(r.n, 0)
            UNION ALL
            SELECT NULL, coalesce(t.sector, r.sector), coalesce(t.county, r.county), coalesce(t.way, r.way),
                   coalesce(t.n, 0), coalesce(r.n, 0)
            FROM ({READ_SQL}) t (sector, county, way, n)
            FULL JOIN ({RECOUNT_SQL}) r (sector, county, way, n)
            ON (t.sector, t.county, t.way) = (r.sector, r.county, r.way)
            WHERE coalesce(t.n, 0) <> coalesce(r.n, 0)
            UNION ALL
            SELECT coalesce(t.day, r.day), NULL, NULL, NULL, coalesce(t.n, 0), coalesce(r.n, 0)
            FROM ({READ_DATES_SQL}) t (day, n)
            FULL JOIN (SELECT day, sum(n) FROM ({RECOUNT_DAYS_SQL}) days (day, sector, county, way, n) GROUP BY day) r (day, n)
            ON t.day = r.day
            WHERE coalesce(t.n, 0) <> coalesce(r.n, 0)
            UNION ALL
            SELECT (coalesce(t.hour, r.hour) AT TIME ZONE 'Europe/Tirane')::date, NULL, NULL, NULL, coalesce(t.n, 0),
                   coalesce(r.n, 0)
            FROM ({READ_HOURS_SQL}) t (hour, n) FULL JOIN ({RECOUNT_HOURS_SQL}) r (hour, n) ON t.hour = r.hour
            WHERE coalesce(t.n, 0) <> coalesce(r.n, 0)
            ORDER BY 1, 2, 3, 4
        """)
        return cursor.fetchall()


def fold():
    """Move all deltas into the day and cell tables; returns their number, or None while another process folds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT fold_tally()")
        return cursor.fetchone()[0]


def erase_old_hours():
    """Erase the sums of hours that no figure reads any more, nor would if the clock were a week ahead (`tally_hour`)."""
    TallyHour.objects.filter(hour__lt=Now() - timedelta(days=9)).delete()


def unfolded():
    """The number of deltas not yet folded."""
    return TallyDelta.objects.count()


def rebuild():
    """Rebuild the tally from the rows. Writes to them wait until it is done; reads do not."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE pledges_pledge, pledges_grouppledge, pledges_papersheet IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SELECT pg_advisory_xact_lock(tally_lock())")
        cursor.execute("DELETE FROM pledges_tallydelta")
        for table in ("tallyday", "tallydate", "tallyhour", "tallycell", "tallycounty"):
            cursor.execute(f"DELETE FROM pledges_{table}")
        cursor.execute(f"INSERT INTO pledges_tallyday (day, sector, county, way, n) {RECOUNT_DAYS_SQL}")
        cursor.execute("INSERT INTO pledges_tallydate (day, n) SELECT day, sum(n) FROM pledges_tallyday GROUP BY day")
        cursor.execute(f"INSERT INTO pledges_tallyhour (hour, n) {RECOUNT_HOURS_SQL}")
        cursor.execute(f"INSERT INTO pledges_tallycell (sector, county, way, n) {RECOUNT_SQL}")
        cursor.execute(
            "INSERT INTO pledges_tallycounty (county, way, gained, lost) "
            "SELECT county, way, sum(n), 0 FROM pledges_tallycell GROUP BY county, way"
        )
        cursor.execute(
            "INSERT INTO pledges_tallyversion AS version (id, mark) VALUES (1, random_mark()) "
            "ON CONFLICT (id) DO UPDATE SET mark = excluded.mark"
        )
