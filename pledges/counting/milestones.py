"""Recording milestones with the day (Europe/Tirane) on which they were reached."""

from django.db import connection
from django.utils import timezone

from pledges.counting import tally
from pledges.counting.models import PEOPLE_SQL
from pledges.goals.models import Milestone
from pledges.places.models import County

# Number of people: the first milestone of the total (powers of ten follow), and the milestone of a sector.
FIRST_MILESTONE = 100
SECTOR_MILESTONE = 100

# The first day at whose end that many people were counted.
DAY_REACHED_SQL = f"""
SELECT min(day) FROM (
    SELECT day, sum(sum(n)) OVER (ORDER BY day) AS running_total FROM ({PEOPLE_SQL}) people
    WHERE sector = %(sector)s OR %(sector)s IS NULL GROUP BY day
) growth WHERE running_total >= %(people)s
"""


def record():
    """Record newly reached milestones and return their number. A milestone stays recorded when the total falls again."""
    totals = tally.read()
    known = set(Milestone.objects.values_list("kind", "people", "sector"))
    new = [milestone for milestone in _reached(totals) if _identity(milestone) not in known]
    for milestone in new:
        milestone.reached_on = _day_of(milestone) or timezone.localdate(totals.as_of)
    # Another worker can record the same milestone concurrently.
    Milestone.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _identity(milestone):
    return milestone.kind, milestone.people, milestone.sector_id


def _reached(totals):
    people = FIRST_MILESTONE
    while totals.total >= people:
        yield Milestone(kind=Milestone.Kind.PEOPLE, people=people)
        people *= 10
    # Published figures: exact ones would tell the county of the first person from the last county.
    counties = [n for county, n in totals.counties if county.code != County.ABROAD]
    if counties and all(counties):
        yield Milestone(kind=Milestone.Kind.COUNTIES)
    for sector, n in totals.sectors:
        if n >= SECTOR_MILESTONE:
            yield Milestone(kind=Milestone.Kind.SECTOR, people=SECTOR_MILESTONE, sector=sector)


def _day_of(milestone):
    """The day on which it was reached, or None: the rows no longer show it if people have withdrawn since.

    Every county is reached when the last one is published, so on the present day.
    """
    if milestone.kind == Milestone.Kind.COUNTIES:
        return None
    with connection.cursor() as cursor:
        cursor.execute(DAY_REACHED_SQL, {"people": milestone.people, "sector": milestone.sector_id})
        return cursor.fetchone()[0]
