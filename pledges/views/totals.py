"""The totals: a page, and open data for everyone."""

import csv
from io import StringIO

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render

from pledges import totals
from pledges.charts import mosaic
from pledges.http import mark_public, public_page, read_only
from pledges.models import PledgingSettings


@public_page
def page(request):
    """How many have pledged, by sector and by county."""
    read = totals.read()
    sectors = sorted(read.sectors, key=lambda pair: -pair[1])
    goal = PledgingSettings.load().goal_above(read.total)
    context = {
        "totals": read,
        "one": mosaic(read.sectors, goal),
        "sectors": sectors,
        "counties": sorted(read.counties, key=lambda pair: -pair[1]),
        "largest": max((n for _, n in sectors), default=0),
        "goal": goal,
    }
    return render(request, "pledges/totals.html", context)


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
