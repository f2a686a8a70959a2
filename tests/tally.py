"""Totals of any size, put into the tally as folding many pledges does."""

from datetime import timedelta

from django.utils import timezone

from pledges.models import County, Sector, TallyDelta
from pledges.totals import tally


def put(cells, day=None):
    """Put {(sector's slug, county's code or ""): people} into the tally, all confirmed on one day (today)."""
    _put({day or timezone.localdate(): cells})


def _put(days):
    ids = dict(Sector.objects.values_list("slug", "pk"))
    TallyDelta.objects.bulk_create(
        TallyDelta(day=day, sector=ids[slug], county=county, n=n)
        for day, cells in days.items()
        for (slug, county), n in cells.items()
    )
    tally.fold()


def put_people(total, days=1):
    """Put so many people into the tally, of every sector and county as far as they go, over some days up to today."""
    slugs = list(Sector.objects.values_list("slug", flat=True))
    codes = [*County.objects.values_list("pk", flat=True), ""]
    shares = {
        (slug, code): 1 / (place + 1) / (number + 2)
        for place, slug in enumerate(slugs)
        for number, code in enumerate(codes)
    }
    whole, so_far, given = sum(shares.values()), 0, {}
    for cell, share in shares.items():
        before, so_far = so_far, so_far + share
        given[cell] = round(total * so_far / whole) - round(total * before / whole)
    assert sum(given.values()) == total
    by_day = {}
    for number in range(days):
        # Each cell's people come evenly, and each cell's first one on another day.
        cells = {
            cell: (n * (number + 1) + place % days) // days - (n * number + place % days) // days
            for place, (cell, n) in enumerate(given.items())
        }
        by_day[timezone.localdate() - timedelta(days - 1 - number)] = {cell: n for cell, n in cells.items() if n}
    _put(by_day)
