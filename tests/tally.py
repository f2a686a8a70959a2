"""Totals of any size without pledges: rows of the tally as folding leaves them."""

from datetime import timedelta

from django.utils import timezone

from pledges.counting import tally
from pledges.models import County, Sector, TallyDelta


def exact_total():
    """The total, after checking that the whole tally equals the rows."""
    assert tally.differences() == []
    return tally.read().total


def put_cells(cells, day=None, way="online"):
    """Add {(sector slug, county code or ""): people} to the tally, all counted on one day (default: today) in one way."""
    _put({day or timezone.localdate(): cells}, way)


def _put(days, way="online"):
    ids = dict(Sector.objects.values_list("slug", "pk"))
    TallyDelta.objects.bulk_create(
        TallyDelta(day=day, sector=ids[slug], county=county, way=way, n=n)
        for day, cells in days.items()
        for (slug, county), n in cells.items()
    )
    tally.fold()


def put_people(total, days=1):
    """Add `total` people to the tally: unevenly over all sectors and counties, evenly over the last `days` days."""
    slugs = list(Sector.objects.values_list("slug", flat=True))
    codes = [*County.objects.values_list("pk", flat=True), ""]
    shares = {
        (slug, code): 1 / (row + 1) / (column + 2)
        for row, slug in enumerate(slugs)
        for column, code in enumerate(codes)
    }
    whole, cumulative, people = sum(shares.values()), 0, {}
    for cell, share in shares.items():
        before, cumulative = cumulative, cumulative + share
        people[cell] = round(total * cumulative / whole) - round(total * before / whole)
    assert sum(people.values()) == total
    by_day = {}
    for number in range(days):
        # The people of a cell are spread evenly over the days; the offset differs between cells.
        cells = {
            cell: (n * (number + 1) + offset % days) // days - (n * number + offset % days) // days
            for offset, (cell, n) in enumerate(people.items())
        }
        by_day[timezone.localdate() - timedelta(days - 1 - number)] = {cell: n for cell, n in cells.items() if n}
    _put(by_day)
