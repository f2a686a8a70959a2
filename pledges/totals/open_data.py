"""The counter for other sites, and open data: totals and commitments, as JSON and CSV, with an OpenAPI description."""

import json
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.csp import CSP
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt

from pledges.content import PledgeContent
from pledges.counting import tally
from pledges.figures import charts
from pledges.figures.mosaic import mosaic
from pledges.fixed_pages import fixed_page
from pledges.languages import LANGUAGE_CODES
from pledges.published.models import SMALLEST, CommitmentFigures
from pledges.sectors.models import CHILDREN
from pledges.serving.http import embeddable, in_named_language, public_page
from pledges.sharing import BRANDS

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
# Tests compare it with the responses and the addresses.
DESCRIPTION = Path(__file__).parent / "openapi.json"
# This page embeds our own counter as an example, so it needs frame-src.
PAGE_CSP = {**settings.SECURE_CSP, "frame-src": [CSP.SELF]}

# Pixels. The counter fits its frame from 240 pixels on.
COUNTER_WIDTH, COUNTER_HEIGHT = 480, 280
# A policy of its own: other sites may frame it, and it loads nothing but its style sheet and its font.
COUNTER_CSP = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": ["*"],
}


@fixed_page(_("Open data"), _("A counter for your own site, and figures that anyone can use."), place=210)
@csp_override(PAGE_CSP)
@public_page
def page(request):
    """The page about the embeddable counter and the open data, with examples."""
    counters = [
        (language, theme, counter_code(language, theme)) for language in LANGUAGE_CODES for theme in ("light", "dark")
    ]
    titles = [(name, title) for name, (title, _draw) in charts.FIGURES.items()]
    context = {"counters": counters, "small": SMALLEST, "licence": LICENCE, "figures": titles}
    return render(request, "pledges/totals/open_data.html", context)


@xframe_options_exempt
@csp_override(COUNTER_CSP)
@embeddable
@in_named_language
@public_page
def counter(request, language, theme):
    """The counter that other sites embed in a frame, in one language and theme ("light" or "dark").

    No script, no cookie, and the only page that may be framed.
    """
    totals = tally.read()
    context = {"totals": totals, "mosaic": mosaic(totals.sectors, totals.goal.people), "theme": theme}
    return render(request, "pledges/totals/counter.html", context)


def counter_code(language, theme="light", width=COUNTER_WIDTH, height=COUNTER_HEIGHT):
    """The HTML with which other sites embed the counter; `width` and `height` in pixels."""
    return format_html(
        '<iframe src="{}" title="{}" width="{}" height="{}" loading="lazy" style="border: 0; max-width: 100%"></iframe>',
        settings.SITE_URL + reverse("counter", args=[language, theme]),
        BRANDS[language],
        width,
        height,
    )


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
    response = HttpResponse(charts.csv_text(rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.csv"'
    return response


def _named(people, row):
    return {"total": people, "sq": row.name_sq, "en": row.name_en}


def _totals():
    """The totals as JSON has them; `sectors` sum to `total`, and `counties` to `counties_total`."""
    totals = tally.read()
    people = dict(totals.sectors)
    # Children are a sector of them also while no group has any, so that the name is there.
    sectors = [each for each in PledgeContent.current().sectors if each in people or each.slug == CHILDREN]
    return {
        "as_of": totals.as_of.isoformat(),
        "total": totals.total,
        "online": totals.online,
        "groups": totals.groups,
        "paper": totals.paper,
        "sectors": {sector.slug: _named(people.get(sector, 0), sector) for sector in sectors},
        "counties_as_of": totals.counties_as_of.isoformat(),
        "counties_total": totals.counties_total,
        "counties": {
            **{county.code: _named(n or None, county) for county, n in totals.counties},
            "unknown": {"total": totals.unknown or None, "sq": "Qarku i pashënuar", "en": "County not given"},
        },
    }


@open_data
def description(request):
    return _json(json.loads(DESCRIPTION.read_text(encoding="utf-8").replace("{SITE_URL}", settings.SITE_URL)))


@open_data
def totals_json(request):
    return _json(_totals())


@open_data
def totals_csv(request):
    """The totals as CSV: the total, then one row for each way of signing, sector and county.

    Counties and their total have a time of their own.
    """
    totals = _totals()
    as_of, counties_as_of = totals["as_of"], totals["counties_as_of"]
    rows = [
        ["kind", "code", "sq", "en", "total", "as_of"],
        ["total", "total", "Gjithsej", "Total", totals["total"], as_of],
        ["way", "online", "Në internet", "Online", totals["online"], as_of],
        ["way", "groups", "Në grup", "Groups", totals["groups"], as_of],
        ["way", "paper", "Në letër", "Paper", totals["paper"], as_of],
        *(["sector", slug, each["sq"], each["en"], each["total"], as_of] for slug, each in totals["sectors"].items()),
        ["total", "counties", "Sipas qarkut, gjithsej", "By county, total", totals["counties_total"], counties_as_of],
        *(
            ["county", code, each["sq"], each["en"], each["total"], counties_as_of]
            for code, each in totals["counties"].items()
        ),
    ]
    return _csv("totals", rows)


def _commitments():
    """The published figures of the commitments, as JSON has them; null where nothing is shown."""
    content = PledgeContent.current()
    return {
        "as_of": content.published_at and content.published_at.isoformat(),
        "commitments": [
            {"sector": each.sector.slug, "key": each.key, "sq": each.text_sq, "en": each.text_en}
            | {name: people or None for name, people in each.figures._asdict().items()}
            for each in content.commitments
        ],
    }


@open_data
def commitments_json(request):
    return _json(_commitments())


@open_data
def commitments_csv(request):
    """One row for each commitment; a figure that is not shown is empty."""
    found = _commitments()
    rows = [[*each.values(), found["as_of"]] for each in found["commitments"]]
    return _csv("commitments", [["sector", "key", "sq", "en", *CommitmentFigures._fields, "as_of"], *rows])
