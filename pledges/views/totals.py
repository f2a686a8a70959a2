"""The totals: pages, figures to take along, and open data for everyone."""

import csv
from io import StringIO

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation

from pledges import charts, figures, totals
from pledges.http import mark_public, public_page, read_only
from pledges.models import County, Milestone, PledgingSettings, PublishedState, Sector
from pledges.suppression import SMALL


@public_page
def page(request):
    """How many have pledged, by sector, by county and by day."""
    return _page(request, per_10000=False)


@public_page
def page_per_10000(request):
    """The same with counties compared by their inhabitants."""
    return _page(request, per_10000=True)


def _page(request, per_10000):
    read, grown = totals.read_with_growth()
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
    figure = figures.groups_by_county(totals.read())
    return render(request, "pledges/groups_by_county.html", {"figure": figure})


@public_page
def method(request):
    """How we count, and what the figures hide."""
    return render(request, "pledges/method.html", {"small": SMALL})


@read_only
def figure(request, language, name, kind):
    """One figure to take along: its numbers as CSV or its picture as PNG, in one language."""
    with translation.override(language):
        made = _figure(name)
        if made is None:
            raise Http404
        if kind == "png":
            response = HttpResponse(figures.as_png(made), content_type="image/png")
        else:
            response = HttpResponse(figures.as_csv(made), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'inline; filename="{name}-{language}.{kind}"'
        response.headers["Content-Language"] = language
    return mark_public(response)


def _figure(name):
    if name == "growth":
        return figures.growth(*totals.read_with_growth(), Milestone.objects.of_people())
    read = totals.read()
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


def _open_data(response):
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return mark_public(response)


@read_only
def as_json(request):
    """The totals as JSON; `sectors` and `counties` each sum to `total`."""
    read = totals.read()
    return _open_data(
        JsonResponse(
            {
                "as_of": read.as_of.isoformat(),
                "total": read.total,
                "online": read.online,
                "groups": read.groups,
                "paper": read.paper,
                "sectors": {
                    sector.slug: {"total": n, "sq": sector.name_sq, "en": sector.name_en} for sector, n in read.sectors
                },
                "counties": {
                    **{
                        county.code: {"total": n, "sq": county.name_sq, "en": county.name_en}
                        for county, n in read.counties
                    },
                    "unknown": {"total": read.unknown, "sq": "Nuk e kanë thënë qarkun", "en": "County not given"},
                },
            },
            json_dumps_params={"ensure_ascii": False},
        )
    )


@read_only
def as_csv(request):
    """The totals as CSV in UTF-8 with BOM: one row a sector, county and way of signing, and the total."""
    read = totals.read()
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["kind", "code", "sq", "en", "total", "as_of"])
    as_of = read.as_of.isoformat()
    writer.writerow(["total", "total", "Gjithsej", "Total", read.total, as_of])
    for code, sq, en in (
        ("online", "Në internet", "Online"),
        ("groups", "Në grup", "Groups"),
        ("paper", "Në letër", "Paper"),
    ):
        writer.writerow(["way", code, sq, en, getattr(read, code), as_of])
    for sector, n in read.sectors:
        writer.writerow(["sector", sector.slug, sector.name_sq, sector.name_en, n, as_of])
    for county, n in read.counties:
        writer.writerow(["county", county.code, county.name_sq, county.name_en, n, as_of])
    writer.writerow(["county", "unknown", "Nuk e kanë thënë qarkun", "County not given", read.unknown, as_of])
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'inline; filename="totals.csv"'
    return _open_data(response)


def _published():
    """Of the newest published state: (its moment as text or None, its figures, sectors by slug, counties by code)."""
    state = PublishedState.objects.first()
    return (
        state and state.as_of.isoformat(),
        state.figures if state else {},
        {sector.slug: sector for sector in Sector.objects.all()},
        {county.code: county for county in County.objects.all()},
    )


@read_only
def sectors_by_county_json(request):
    """The published state as JSON: `cells` are null where hidden, and missing while they would tell no more than the sums."""
    as_of, published, _, _ = _published()
    data = {"as_of": as_of, "hidden_below": SMALL, **published}
    return _open_data(JsonResponse(data, json_dumps_params={"ensure_ascii": False}))


@read_only
def sectors_by_county_csv(request):
    """The published state as CSV: one row a cell, `total` empty where it is hidden."""
    as_of, published, sectors, counties = _published()
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["sector", "county", "sector_sq", "sector_en", "county_sq", "county_en", "total", "as_of"])
    for slug, row in published.get("cells", {}).items():
        sector = sectors.get(slug)
        for code, n in row.items():
            county = counties.get(code)
            writer.writerow(
                [
                    slug,
                    code,
                    *([sector.name_sq, sector.name_en] if sector else ["", ""]),
                    *([county.name_sq, county.name_en] if county else ["Nuk e kanë thënë qarkun", "County not given"]),
                    "" if n is None else n,
                    as_of,
                ]
            )
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'inline; filename="sectors-by-county.csv"'
    return _open_data(response)
