"""The counter that other sites embed in a frame: no script, no cookie, and the only page that may be framed."""

from django.shortcuts import render
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csp import csp_override

from pledges.content import PledgeContent
from pledges.figures.mosaic import mosaic
from pledges.http import embeddable, in_named_language, public_page
from pledges.snapshot import Depth
from pledges.totals import tally

COUNTER_CSP = {"default-src": [CSP.NONE], "style-src": [CSP.SELF], "base-uri": [CSP.NONE], "frame-ancestors": ["*"]}


@xframe_options_exempt
@csp_override(COUNTER_CSP)
@embeddable
@in_named_language
@public_page(figures=Depth.TOTALS)
def counter(request, language, theme):
    """The total in one language and theme ("light" or "dark")."""
    totals = tally.shown()
    context = {
        "totals": totals,
        "mosaic": mosaic(totals.sectors, PledgeContent.current().settings.goal_above(totals.total)),
        "theme": theme,
    }
    return render(request, "pledges/counter.html", context)
