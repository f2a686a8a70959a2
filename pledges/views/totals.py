"""The totals: pages, figures to take along, and the card shown beside a shared link."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from pledges import charts, figures, pictures
from pledges.brand import brand
from pledges.http import in_named_language, mark_public, public_page, read_only
from pledges.models import County, Milestone, PledgingSettings
from pledges.totals import tally
from pledges.totals.suppression import SMALL


@public_page
def page(request):
    """How many have pledged, by sector, by county and by day."""
    return _page(request, per_10000=False)


@public_page
def page_per_10000(request):
    """The same with counties compared by their inhabitants."""
    return _page(request, per_10000=True)


def _page(request, per_10000):
    read, grown = tally.read_with_growth()
    goal = PledgingSettings.load().goal_above(read.total)
    milestones = list(Milestone.objects.select_related("sector"))
    round_numbers = sorted(
        (each for each in milestones if each.kind == Milestone.Kind.PEOPLE), key=lambda each: each.people
    )
    context = {
        "totals": read,
        "goal": goal,
        "one": charts.mosaic(read.sectors, goal),
        "sectors": sorted(read.sectors, key=lambda pair: -pair[1]),
        "largest": max((n for _, n in read.sectors), default=0),
        "per_10000": per_10000,
        "map": charts.county_map(read.counties, per_10000),
        "counties": _compared(read.counties, per_10000),
        "abroad": next((n for county, n in read.counties if county.code == County.ABROAD), 0),
        "grown": grown,
        "growth": figures.growth_chart(read, grown, round_numbers),
        "round_numbers": round_numbers,
        "milestones": milestones,
        "ways": figures.ways(read).rows,
        "figures": {
            "one": figures.one(read, goal),
            "sectors": figures.sectors(read),
            "counties": figures.counties(read, per_10000),
            "growth": figures.growth(read, grown, round_numbers),
            "ways": figures.ways(read),
        },
    }
    return render(request, "pledges/totals.html", context)


def _compared(counties, per_10000):
    """(county, people, people per 10,000 inhabitants or None), whoever has most of what is compared first."""
    rows = [(county, people, charts.rate(county, people)) for county, people in counties]
    return sorted(rows, key=lambda row: -(row[2] or 0) if per_10000 else -row[1])


@public_page
def groups_by_county(request):
    """The table of sectors by counties, as published today."""
    figure = figures.groups_by_county(tally.read())
    return render(request, "pledges/groups_by_county.html", {"figure": figure})


@public_page
def method(request):
    """How we count, and what the figures hide."""
    return render(request, "pledges/method.html", {"small": SMALL})


@read_only
@in_named_language
def figure(request, language, name, kind):
    """One figure to take along: its numbers as CSV or its picture as PNG, in one language."""
    made = _figure(name)
    if made is None:
        raise Http404
    if kind == "png":
        response = HttpResponse(figures.as_png(made), content_type="image/png")
    else:
        response = HttpResponse(figures.as_csv(made), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="{name}-{language}.{kind}"'
    return mark_public(response)


def _figure(name):
    if name == "growth":
        return figures.growth(*tally.read_with_growth(), Milestone.objects.of_people())
    read = tally.read()
    match name:
        case "one":
            return figures.one(read, PledgingSettings.load().goal_above(read.total))
        case "sectors":
            return figures.sectors(read)
        case "counties" | "counties-per-10000":
            return figures.counties(read, per_10000=name != "counties")
        case "ways":
            return figures.ways(read)
    return figures.groups_by_county(read)


@read_only
@in_named_language
def card(request, language):
    """The total of this moment as a picture, in one language: what a messenger shows beside a link to the totals."""
    read = tally.read()
    mosaic = charts.mosaic(read.sectors, PledgingSettings.load().goal_above(read.total))
    drawn = pictures.draw_total(figures.card_words(read), brand(), mosaic.colored, mosaic.width)
    return mark_public(HttpResponse(drawn, content_type="image/png"))
