"""The totals as the worker would show them now, and people of any number, who are rows that count."""

from collections import Counter
from datetime import date, datetime, time, timedelta

from django.db.models import Max
from django.utils import timezone

from pledges.counting import tally
from pledges.counting.models import count, exact_cells
from pledges.models import County, GroupPledge, Municipality, PaperSheet, Pledge, Sector
from pledges.serving import snapshot
from tests.factories import make_copies, make_pledge


def read():
    """The Totals after a count of the worker."""
    count()
    return tally.read()


def counties():
    """{county code, "" for none: people} of the rows as they are now."""
    people = Counter()
    for (_sector, county), n in exact_cells().items():
        people[county] += n
    return dict(people)


def rows():
    """({(sector id, way): people}, {day: people}) of the rows, added up here in Python."""
    people, days = Counter(), Counter()
    for sector, at in Pledge.objects.filter(state="confirmed").values_list("sector", "confirmed_at"):
        people[sector, "online"] += 1
        days[timezone.localdate(at)] += 1
    groups = GroupPledge.objects.filter(state="approved").values_list("counted", "approved_at")
    sheets = PaperSheet.objects.filter(state="counted").values_list("first", "counted_at")
    for way, counted in (("groups", groups), ("paper", sheets)):
        for numbers, at in counted:
            for sector, n in numbers.items():
                people[int(sector), way] += n
                days[timezone.localdate(at)] += n
    return dict(people), dict(days)


def shown():
    """The same as the pages show it, as of the last count."""
    figures = snapshot.fresh().figures
    days = {date.fromisoformat(day): people for day, people in figures.days}
    return {(sector, way): people for sector, way, people in figures.people}, days


def exact_total():
    """The total, after checking that all figures of a new count equal the rows."""
    count()
    assert shown() == rows()
    totals, people = tally.read(), Counter(rows()[0])
    assert totals.total == people.total() == totals.online + totals.groups + totals.paper
    assert totals.total == sum(n for _sector, n in totals.sectors)
    return totals.total


def put_cells(cells, day=None, way="paper"):
    """Insert rows that count {(sector slug, county code or ""): people} on one day (default: today), on paper or online.

    Children are counted in a group, and people abroad online: neither signs on paper.
    """
    put_days({day or timezone.localdate(): cells}, way)


def put_days(days, way="paper"):
    """The same of several days: {day: cells}."""
    ids = dict(Sector.objects.values_list("slug", "pk"))
    on_paper = {}
    for day, cells in days.items():
        at = timezone.now() if day == timezone.localdate() else timezone.make_aware(datetime.combine(day, time(12)))
        for (slug, county), n in cells.items():
            if not n:
                continue
            if slug == "children":
                put_children(n, county, at)
            elif way == "online" or county == County.ABROAD:
                put_pledges(n, slug, county, at)
            else:
                on_paper.setdefault((at, county), {})[str(ids[slug])] = n
    places = {place.county_id: place.pk for place in Municipality.objects.order_by("-pk")}
    last = PaperSheet.objects.aggregate(last=Max("number"))["last"] or 900_000
    PaperSheet.objects.bulk_create(
        PaperSheet(
            number=number,
            municipality_id=places.get(county),
            county_id=county or None,
            state="counted",
            first=numbers,
            second=numbers,
            first_by=1,
            second_by=2,
            returned_at=at,
            counted_at=at,
        )
        for number, ((at, county), numbers) in enumerate(on_paper.items(), last + 1)
    )
    count()


def put_pledges(number, sector, county, at):
    """Insert this many confirmed pledges; only the first can be decrypted."""
    first = make_pledge(sector=sector, county_id=county or None, state="confirmed", confirmed_at=at)
    if number > 1:
        make_copies(first, number - 1)


def put_children(number, county, at):
    """Insert an approved group pledge of this many children."""
    numbers = {str(Sector.objects.get(slug="children").pk): number}
    place = Municipality.objects.filter(county=county).first()
    GroupPledge.objects.create(
        kind="meeting", institution="Takim", institution_key="takim", municipality=place, county_id=county, held_on=at.date(),
        school_year=at.year, people=numbers, counted=numbers, agreed="Po", language="sq", state="approved", confirmed_at=at,
        approved_at=at,
    )  # fmt: skip


def put_people(total, days=1, way="paper"):
    """Insert rows that count `total` people: unevenly over all sectors and counties, evenly over the last `days` days."""
    slugs = list(Sector.objects.exclude(slug="children").values_list("slug", flat=True))
    codes = [*County.objects.exclude(code=County.ABROAD).values_list("pk", flat=True), ""]
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
    of_days = {}
    for number in range(days):
        # The people of a cell are spread evenly over the days; the offset differs between cells.
        of_days[timezone.localdate() - timedelta(days - 1 - number)] = {
            cell: (n * (number + 1) + offset % days) // days - (n * number + offset % days) // days
            for offset, (cell, n) in enumerate(people.items())
        }
    put_days(of_days, way)
