"""Open data for everyone: the totals, the days and the published table, described for machines and for people."""

import csv
import hashlib
from functools import wraps
from io import StringIO

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt

from pledges.http import mark_public, public_page, read_only
from pledges.languages import LANGUAGE_CODES
from pledges.models import County, PublishedState, Sector
from pledges.totals import tally
from pledges.totals.suppression import SMALL
from pledges.views import openapi

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
# The one page that shows our own counter in a frame, as other sites do.
POLICY = {**settings.SECURE_CSP, "frame-src": [CSP.SELF]}


@csp_override(POLICY)
@public_page
def page(request):
    """What there is to take along: the counter for other sites, and the data, with examples."""
    counters = [(language, theme) for language in LANGUAGE_CODES for theme in ("light", "dark")]
    return render(request, "pledges/open_data.html", {"counters": counters, "small": SMALL, "licence": LICENCE})


def open_to_scripts(view):
    """Open data of any site's page: its browser may ask first whether it may send the tag it has (If-None-Match)."""

    @csrf_exempt
    @wraps(view)
    def wrapper(request):
        if request.method != "OPTIONS":
            return view(request)
        allowed = {"Origin": "*", "Methods": "GET, HEAD", "Headers": "If-None-Match"}
        headers = {f"Access-Control-Allow-{name}": value for name, value in allowed.items()}
        return HttpResponse(status=204, headers=headers | {"Access-Control-Max-Age": "86400"})

    return wrapper


def _open_data(response, as_of):
    """What every answer here says: open to all sites, under which licence, and whether anything but the moment has changed."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Link"] = f'<{LICENCE}>; rel="license"'
    # Weak: the same figures a minute later are as good as these.
    content = response.content.replace((as_of or "").encode(), b"")
    response.headers["ETag"] = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
    return mark_public(response)


def _json(data, as_of):
    return _open_data(JsonResponse(data, json_dumps_params={"ensure_ascii": False}), as_of)


def _csv(name, rows, as_of):
    """Rows as CSV in UTF-8 with BOM, without which a spreadsheet reads no ë."""
    text = StringIO()
    csv.writer(text).writerows(rows)
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.csv"'
    return _open_data(response, as_of)


@open_to_scripts
@read_only
def description(request):
    """All of it as an OpenAPI description."""
    return _json(openapi.description(), None)


@open_to_scripts
@read_only
def totals_json(request):
    """The totals as JSON; `sectors` and `counties` each sum to `total`."""
    read = tally.read()
    as_of = read.as_of.isoformat()
    data = {
        "as_of": as_of,
        "total": read.total,
        "online": read.online,
        "groups": read.groups,
        "paper": read.paper,
        "sectors": {
            sector.slug: {"total": n, "sq": sector.name_sq, "en": sector.name_en} for sector, n in read.sectors
        },
        "counties": {
            **{county.code: {"total": n, "sq": county.name_sq, "en": county.name_en} for county, n in read.counties},
            "unknown": {"total": read.unknown, "sq": "Nuk e kanë thënë qarkun", "en": "County not given"},
        },
    }
    return _json(data, as_of)


@open_to_scripts
@read_only
def totals_csv(request):
    """The totals as CSV: one row a sector, county and way of signing, and the total."""
    read = tally.read()
    as_of = read.as_of.isoformat()
    rows = [
        ["kind", "code", "sq", "en", "total", "as_of"],
        ["total", "total", "Gjithsej", "Total", read.total, as_of],
        ["way", "online", "Në internet", "Online", read.online, as_of],
        ["way", "groups", "Në grup", "Groups", read.groups, as_of],
        ["way", "paper", "Në letër", "Paper", read.paper, as_of],
        *(["sector", sector.slug, sector.name_sq, sector.name_en, n, as_of] for sector, n in read.sectors),
        *(["county", county.code, county.name_sq, county.name_en, n, as_of] for county, n in read.counties),
        ["county", "unknown", "Nuk e kanë thënë qarkun", "County not given", read.unknown, as_of],
    ]
    return _csv("totals", rows, as_of)


@open_to_scripts
@read_only
def days_json(request):
    """How many confirmed on each day in Tirana, as JSON; days on which nobody did are left out, the rest sum to `total`."""
    read, grown = tally.read_with_growth()
    as_of = read.as_of.isoformat()
    days = {day.isoformat(): people for day, people in grown.days}
    return _json({"as_of": as_of, "total": read.total, "days": days}, as_of)


@open_to_scripts
@read_only
def days_csv(request):
    """The same as CSV: one row a day."""
    read, grown = tally.read_with_growth()
    as_of = read.as_of.isoformat()
    rows = ([day.isoformat(), people, as_of] for day, people in grown.days)
    return _csv("days", [["day", "people", "as_of"], *rows], as_of)


def _published():
    """Of the newest published state: (its moment as text or None, its figures, sectors by slug, counties by code)."""
    state = PublishedState.objects.first()
    return (
        state and state.as_of.isoformat(),
        state.figures if state else {},
        {sector.slug: sector for sector in Sector.objects.all()},
        {county.code: county for county in County.objects.all()},
    )


@open_to_scripts
@read_only
def sectors_by_county_json(request):
    """The published state as JSON: `cells` are null where hidden, and missing while they would tell no more than the sums."""
    as_of, published, _, _ = _published()
    return _json({"as_of": as_of, "hidden_below": SMALL, **published}, as_of)


@open_to_scripts
@read_only
def sectors_by_county_csv(request):
    """The published state as CSV: one row a cell, `total` empty where it is hidden."""
    as_of, published, sectors, counties = _published()
    rows = [["sector", "county", "sector_sq", "sector_en", "county_sq", "county_en", "total", "as_of"]]
    for slug, row in published.get("cells", {}).items():
        sector = sectors.get(slug)
        for code, n in row.items():
            county = counties.get(code)
            rows.append(
                [
                    slug,
                    code,
                    *([sector.name_sq, sector.name_en] if sector else ["", ""]),
                    *([county.name_sq, county.name_en] if county else ["Nuk e kanë thënë qarkun", "County not given"]),
                    "" if n is None else n,
                    as_of,
                ]
            )
    return _csv("sectors-by-county", rows, as_of)
