"""Recording milestones with the day (Europe/Tirane) on which they were reached."""

from collections import Counter

from django.db import connection
from django.utils import timezone

from pledges.counting.models import PEOPLE_SQL, Count
from pledges.goals.models import Milestone
from pledges.places.models import County
from pledges.published.models import PublishedFigure
from pledges.sectors.models import Sector

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
    """Record newly reached milestones and return their number. A milestone stays recorded when the total falls again.

    It reads the last count itself: the published content, of which it needs nothing, takes many times as long.
    """
    last, known = Count.objects.get(), set(Milestone.objects.values_list("kind", "people", "sector"))
    new = [milestone for milestone in _reached(last.figures["people"]) if _identity(milestone) not in known]
    for milestone in new:
        milestone.reached_on = _day_of(milestone) or timezone.localdate(last.as_of)
    # Another worker can record the same milestone concurrently.
    Milestone.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _identity(milestone):
    return milestone.kind, milestone.people, milestone.sector_id


def _reached(counted):
    """The milestones of these people, which are those of a Count: [[sector id, way, people]]."""
    of_sector = Counter()
    for sector, _way, n in counted:
        of_sector[sector] += n
    people = FIRST_MILESTONE
    while of_sector.total() >= people:
        yield Milestone(kind=Milestone.Kind.PEOPLE, people=people)
        people *= 10
    # Published figures: exact ones would tell the county of the first person from the last county.
    names = [f"county:{code}" for code in County.objects.exclude(pk=County.ABROAD).values_list("pk", flat=True)]
    shown = PublishedFigure.objects.in_bulk(names).values()
    if names and sum(figure.people > 0 for figure in shown) == len(names):
        yield Milestone(kind=Milestone.Kind.COUNTIES)
    for sector in Sector.objects.all():
        if of_sector[sector.pk] >= SECTOR_MILESTONE:
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
