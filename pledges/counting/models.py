"""The count of the rows: how many people have pledged. The worker counts; everything that shows a figure reads the last count."""

import time

from django.db import connection, models, transaction
from django.db.models.functions import Cast

from pledges.goals.models import Milestone

# A group counts on the day of its approval, a sheet on that of its second count.
NUMBERS_SQL = """
SELECT approved_at AS at, (approved_at AT TIME ZONE 'Europe/Tirane')::date AS day, sector::bigint, county_id AS county,
    'groups' AS way, each.n::bigint
FROM pledges_grouppledge, jsonb_each_text(counted) AS each (sector, n) WHERE state = 'approved'
UNION ALL
SELECT counted_at, (counted_at AT TIME ZONE 'Europe/Tirane')::date, sector::bigint, coalesce(county_id, ''),
    'paper', each.n::bigint
FROM pledges_papersheet, jsonb_each_text(first) AS each (sector, n) WHERE state = 'counted'
"""

# The people as the rows hold them.
PEOPLE_SQL = f"""
SELECT confirmed_at AS at, confirmed_on AS day, sector_id AS sector, coalesce(county_id, '') AS county,
    'online' AS way, 1::bigint AS n
FROM pledges_pledge WHERE state = 'confirmed'
UNION ALL
{NUMBERS_SQL}
"""

# One statement, so one snapshot. Nothing is written while the figures are the same and their time is recent: several workers
# would otherwise take each other's writing for a change. Those online are grouped first: it is the scan of an index.
COUNT_SQL = f"""
WITH people AS MATERIALIZED (
    SELECT 'online' AS way, sector_id AS sector, confirmed_on AS day, count(*) AS n
    FROM pledges_pledge WHERE state = 'confirmed' GROUP BY confirmed_on, sector_id
    UNION ALL
    SELECT way, sector, day, sum(n) FROM ({NUMBERS_SQL}) numbers GROUP BY way, sector, day
), counted AS MATERIALIZED (
    SELECT jsonb_build_object(
        'people', (
            SELECT coalesce(jsonb_agg(jsonb_build_array(sector, way, n) ORDER BY sector, way), '[]')
            FROM (SELECT sector, way, sum(n) AS n FROM people GROUP BY sector, way) sums
        ),
        'days', (
            SELECT coalesce(jsonb_agg(jsonb_build_array(day, n) ORDER BY day), '[]')
            FROM (SELECT day, sum(n) AS n FROM people GROUP BY day) sums
        ),
        'hours', (
            SELECT coalesce(jsonb_agg(jsonb_build_array(hour, n) ORDER BY hour), '[]')
            FROM (
                SELECT extract(epoch FROM date_trunc('hour', at, 'UTC'))::bigint AS hour, sum(n) AS n
                FROM ({PEOPLE_SQL}) latest WHERE at > statement_timestamp() - interval '25 hours' GROUP BY 1
            ) sums
        )
    ) AS figures
)
UPDATE pledges_count AS last SET as_of = statement_timestamp(), figures = counted.figures FROM counted
WHERE last.figures <> counted.figures
    OR last.as_of NOT BETWEEN statement_timestamp() - interval '5 seconds' AND statement_timestamp()
"""

# The key of the advisory lock that lets one process count at a time. It is an arbitrary number.
LOCK = 7243016512394
# Share of the time that counting may take: a count begins when six times the duration of the last one has passed.
PAUSES = 6
# What changes without a new transaction is the clock: the hours of the last day.
LONGEST_PAUSE_SECONDS = 10
# Number of people. Powers of ten follow.
FIRST_MILESTONE = 100


class Count(models.Model):
    """The figures of everyone who has pledged, as of one moment: a single row with id 1, which the migration creates."""

    # By the clock of the database. While the figures stay the same it may be LONGEST_PAUSE_SECONDS behind.
    as_of = models.DateTimeField()
    # {"people": [[sector id, way, people]], "days": [[day, people]], "hours": [[start as Unix time, people]]}. A way is "online",
    # "groups" or "paper". Days are those of Tirana, hours those of the last 25; both leave out those without people.
    figures = models.JSONField()
    # Equal for equal figures, also in a restored database.
    version = models.GeneratedField(
        expression=models.Func(
            Cast("figures", models.TextField()), 0, function="hashtextextended", output_field=models.BigIntegerField()
        ),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )

    class Meta:
        constraints = [models.CheckConstraint(name="count_single_row", condition=models.Q(pk=1))]

    def __str__(self):
        return str(self.as_of)


def count():
    """Count the rows; returns False while another process counts."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Released by the commit: the next count begins after this one can be seen, and so counts later.
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return False
        cursor.execute(COUNT_SQL)
        return True


def exact_cells():
    """{(sector id, county code or ""): people now}, for staff who see pledges. Public code never reads it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT sector, county, sum(n)::bigint FROM ({PEOPLE_SQL}) people GROUP BY sector, county")
        return {(sector, county): n for sector, county, n in cursor.fetchall()}


class Counter:
    """Counts when something may have changed, in a seventh of the time at most, and every ten seconds in any case."""

    def __init__(self):
        self._seen, self._took, self._ended = None, 0, float("-inf")

    def count_if_due(self):
        """Count if it is time; returns 0, so that the worker waits before it looks again."""
        pause = time.monotonic() - self._ended
        if pause < min(PAUSES * self._took, LONGEST_PAUSE_SECONDS):
            return 0
        with connection.cursor() as cursor:
            # The same for as long as no transaction that has written anything begins or ends.
            cursor.execute("SELECT pg_current_snapshot()::text")
            [seen] = cursor.fetchone()
        if seen != self._seen or pause >= LONGEST_PAUSE_SECONDS:
            began, has_counted = time.monotonic(), True
            try:
                has_counted = count()
            finally:
                # Also after an error: a full disk, for example, stays full for a while.
                self._seen, self._ended = seen, time.monotonic()
                if has_counted:
                    self._took = self._ended - began
        return 0


def record_milestones():
    """Record newly reached milestones, each with its day; returns how many. One stays when the total falls again.

    It reads the last count itself: the published content, of which it needs nothing, takes many times as long.
    """
    known, new = set(Milestone.objects.values_list("people", flat=True)), []
    total, milestone = 0, FIRST_MILESTONE
    for day, people in Count.objects.get().figures["days"]:
        total += people
        while total >= milestone:
            if milestone not in known:
                new.append(Milestone(people=milestone, reached_on=day))
            milestone *= 10
    # Another worker can record the same milestone concurrently.
    Milestone.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)
