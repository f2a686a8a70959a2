"""Recording what the movement has reached, with the day in Tirana on which it did."""

from django.db import connection
from django.utils import timezone

from pledges.models import County, Milestone
from pledges.totals import tally

FIRST_PEOPLE = 100
SECTOR_PEOPLE = 100

# The first day at whose end so many had been counted.
DAY_REACHED = f"""
SELECT min(day) FROM (
    SELECT day, sum(sum(n)) OVER (ORDER BY day) AS so_far FROM ({tally.READ_DAYS}) days (day, sector, county, n)
    WHERE sector = %(sector)s OR %(sector)s IS NULL GROUP BY day
) growth WHERE so_far >= %(people)s
"""

# The day on which the last of these counties had its first supporter.
DAY_OF_EVERY_COUNTY = f"""
SELECT max(day) FROM (
    SELECT min(day) AS day FROM ({tally.READ_DAYS}) days (day, sector, county, n)
    WHERE n > 0 AND county = ANY(%(counties)s) GROUP BY county
) firsts
"""


def record():
    """Record what is reached and was not recorded yet; returns how many. What people leave again stays recorded."""
    read = tally.read()
    known = set(Milestone.objects.values_list("kind", "people", "sector"))
    new = [milestone for milestone in _reached(read) if _identity(milestone) not in known]
    for milestone in new:
        milestone.reached_on = _day_of(milestone, read) or timezone.localdate(read.as_of)
    # Another worker may record the same at this moment.
    Milestone.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _identity(milestone):
    return milestone.kind, milestone.people, milestone.sector_id


def _reached(read):
    people = FIRST_PEOPLE
    while read.total >= people:
        yield Milestone(kind=Milestone.Kind.PEOPLE, people=people)
        people *= 10
    counties = [n for county, n in read.counties if county.code != County.ABROAD]
    if counties and all(counties):
        yield Milestone(kind=Milestone.Kind.COUNTIES)
    for sector, n in read.sectors:
        if n >= SECTOR_PEOPLE:
            yield Milestone(kind=Milestone.Kind.SECTOR, people=SECTOR_PEOPLE, sector=sector)


def _day_of(milestone, read):
    """When it was reached as far as the days tell, or None: between two looks some may have left again."""
    with connection.cursor() as cursor:
        if milestone.kind == Milestone.Kind.COUNTIES:
            codes = [county.code for county, _ in read.counties if county.code != County.ABROAD]
            cursor.execute(DAY_OF_EVERY_COUNTY, {"counties": codes})
        else:
            cursor.execute(DAY_REACHED, {"people": milestone.people, "sector": milestone.sector_id})
        return cursor.fetchone()[0]
