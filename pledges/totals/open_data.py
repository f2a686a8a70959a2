"""Open data: totals, days and commitments, as JSON and CSV, with a page and an OpenAPI description."""

import csv
import json
from functools import wraps
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt

from pledges.content import PledgeContent
from pledges.counting import tally
from pledges.fixed_pages import fixed_page
from pledges.languages import LANGUAGE_CODES
from pledges.published.commitments import FIGURES
from pledges.published.rule import SMALLEST
from pledges.sectors.models import CHILDREN
from pledges.serving.http import embeddable, public_page
from pledges.totals import counter

UNKNOWN_SQ, UNKNOWN_EN = "Qarku i pashënuar", "County not given"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
# (name, title) of the charts to download.
CHARTS = [
    ("one", _("The 1 made of people")),
    ("sectors", _("By group")),
    ("counties", _("By county, approximately, per 10,000 people")),
    ("growth", _("How we have grown")),
    ("ways", _("How people joined")),
]
# Tests compare it with the responses and the addresses.
DESCRIPTION = Path(__file__).parent / "openapi.json"
# This page embeds our own counter as an example, so it needs frame-src.
PAGE_CSP = {**settings.SECURE_CSP, "frame-src": [CSP.SELF]}


@fixed_page(_("Open data"), _("A counter for your own site, and figures that anyone can use."), place=210)
@csp_override(PAGE_CSP)
@public_page
def page(request):
    """The page about the embeddable counter and the open data, with examples."""
    counters = [
        (language, theme, counter.code(language, theme)) for language in LANGUAGE_CODES for theme in ("light", "dark")
    ]
    context = {"counters": counters, "small": SMALLEST, "licence": LICENCE, "figures": CHARTS}
    return render(request, "pledges/totals/open_data.html", context)


def open_data(view):
    """Decorate a view of open data: a licence, and CORS, also for preflight requests.

    With preflight requests scripts of other sites can send If-None-Match.
    """
    public = embeddable(public_page(view, is_data=True))

    @csrf_exempt
    @wraps(view)
    def wrapper(request):
        if request.method == "OPTIONS":
            allowed = {"Methods": "GET, HEAD", "Headers": "If-None-Match"}
            headers = {f"Access-Control-Allow-{name}": value for name, value in allowed.items()}
            response = HttpResponse(status=204, headers=headers | {"Access-Control-Max-Age": "86400"})
        else:
            response = public(request)
            response.headers["Access-Control-Expose-Headers"] = "ETag"
            response.headers["Link"] = f'<{LICENCE}>; rel="license"'
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    return wrapper


def _json(data):
    return JsonResponse(data, json_dumps_params={"ensure_ascii": False})


def _csv(name, rows):
    """Rows as CSV in UTF-8 with a byte order mark, by which spreadsheets recognise the encoding."""
    text = StringIO()
    csv.writer(text).writerows(rows)
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.csv"'
    return response


def _sectors(totals):
    """(Sector, people) of the totals. Children are a sector of them also while no group has any, so that the name is there."""
    people = dict(totals.sectors)
    sectors = PledgeContent.current().sectors
    return [(each, people.get(each, 0)) for each in sectors if each in people or each.slug == CHILDREN]


@open_data
def description(request):
    """The OpenAPI description of the open data."""
    return _json(json.loads(DESCRIPTION.read_text(encoding="utf-8").replace("{SITE_URL}", settings.SITE_URL)))


@open_data
def totals_json(request):
    """The totals as JSON; `sectors` sum to `total`, and `counties` to `counties_total`."""
    totals = tally.read()
    as_of = totals.as_of.isoformat()
    data = {
        "as_of": as_of,
        "total": totals.total,
        "online": totals.online,
        "groups": totals.groups,
        "paper": totals.paper,
        "sectors": {
            sector.slug: {"total": n, "sq": sector.name_sq, "en": sector.name_en} for sector, n in _sectors(totals)
        },
        "counties_as_of": totals.counties_as_of.isoformat(),
        "counties_total": totals.counties_total,
        "counties": {
            **{
                county.code: {"total": n or None, "sq": county.name_sq, "en": county.name_en}
                for county, n in totals.counties
            },
            "unknown": {"total": totals.unknown or None, "sq": UNKNOWN_SQ, "en": UNKNOWN_EN},
        },
    }
    return _json(data)


@open_data
def totals_csv(request):
    """The totals as CSV: the total, then one row for each way of signing, sector and county.

    Counties and their total have a time of their own.
    """
    totals = tally.read()
    as_of, counties_as_of = totals.as_of.isoformat(), totals.counties_as_of.isoformat()
    rows = [
        ["kind", "code", "sq", "en", "total", "as_of"],
        ["total", "total", "Gjithsej", "Total", totals.total, as_of],
        ["way", "online", "Në internet", "Online", totals.online, as_of],
        ["way", "groups", "Në grup", "Groups", totals.groups, as_of],
        ["way", "paper", "Në letër", "Paper", totals.paper, as_of],
        *(["sector", sector.slug, sector.name_sq, sector.name_en, n, as_of] for sector, n in _sectors(totals)),
        ["total", "counties", "Sipas qarkut, gjithsej", "By county, total", totals.counties_total, counties_as_of],
        *(
            ["county", county.code, county.name_sq, county.name_en, n or "", counties_as_of]
            for county, n in totals.counties
        ),
        ["county", "unknown", UNKNOWN_SQ, UNKNOWN_EN, totals.unknown or "", counties_as_of],
    ]
    return _csv("totals", rows)


@open_data
def days_json(request):
    """Confirmed pledges by day (Europe/Tirane) as JSON; days without any are left out. The days sum to `total`."""
    totals, growth = tally.read_with_growth()
    as_of = totals.as_of.isoformat()
    days = {day.isoformat(): people for day, people in growth.days}
    return _json({"as_of": as_of, "total": totals.total, "days": days})


@open_data
def days_csv(request):
    """Confirmed pledges by day as CSV: one row for each day."""
    totals, growth = tally.read_with_growth()
    as_of = totals.as_of.isoformat()
    rows = ([day.isoformat(), people, as_of] for day, people in growth.days)
    return _csv("days", [["day", "people", "as_of"], *rows])


def _commitments():
    """(time in ISO 8601 or None before the first night, [(commitment, {figure: people or None})]) of all commitments."""
    content = PledgeContent.current()
    rows = [(each, {name: getattr(each.figures, name) or None for name in FIGURES}) for each in content.commitments]
    return content.published_at and content.published_at.isoformat(), rows


@open_data
def commitments_json(request):
    """The published figures of the commitments as JSON."""
    as_of, rows = _commitments()
    commitments = [
        {"sector": each.sector.slug, "key": each.key, "sq": each.text_sq, "en": each.text_en, **figures}
        for each, figures in rows
    ]
    return _json({"as_of": as_of, "commitments": commitments})


@open_data
def commitments_csv(request):
    """The same as CSV: one row for each commitment, a figure that is not shown is empty."""
    as_of, rows = _commitments()
    table = [
        [
            each.sector.slug,
            each.key,
            each.text_sq,
            each.text_en,
            *("" if n is None else n for n in figures.values()),
            as_of,
        ]
        for each, figures in rows
    ]
    return _csv("commitments", [["sector", "key", "sq", "en", *FIGURES, "as_of"], *table])
