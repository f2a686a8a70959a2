"""The counter that other sites embed in a frame: no script, no cookie, and the only page that may be framed."""

from django.conf import settings
from django.shortcuts import render
from django.urls import reverse
from django.utils.csp import CSP
from django.utils.html import format_html
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csp import csp_override

from pledges.counting import tally
from pledges.figures.brand import BRANDS
from pledges.figures.mosaic import mosaic
from pledges.serving.http import embeddable, in_named_language, public_page

# Pixels. The counter fits its frame from 240 pixels on.
WIDTH, HEIGHT = 480, 280
# A policy of its own: other sites may frame it, and it loads nothing but its style sheet and its font.
COUNTER_CSP = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": ["*"],
}


@xframe_options_exempt
@csp_override(COUNTER_CSP)
@embeddable
@in_named_language
@public_page
def counter(request, language, theme):
    """The total in one language and theme ("light" or "dark")."""
    totals = tally.read()
    context = {
        "totals": totals,
        "mosaic": mosaic(totals.sectors, totals.goal.people),
        "theme": theme,
    }
    return render(request, "pledges/totals/counter.html", context)


def code(language, theme="light", width=WIDTH, height=HEIGHT):
    """The HTML with which other sites embed the counter; `width` and `height` in pixels."""
    return format_html(
        '<iframe src="{}" title="{}" width="{}" height="{}" loading="lazy" style="border: 0; max-width: 100%"></iframe>',
        settings.SITE_URL + reverse("counter", args=[language, theme]),
        BRANDS[language],
        width,
        height,
    )
