"""The totals: pages and figures to download."""

from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy, pgettext

from pledges import sharing
from pledges.content import PledgeContent
from pledges.counting import tally
from pledges.figures import downloads
from pledges.figures.county_map import county_map, rate
from pledges.figures.mosaic import mosaic
from pledges.fixed_pages import fixed_page
from pledges.languages import in_each_language, with_slug
from pledges.published.models import MOVE, SMALLEST, SMALLEST_ASKED
from pledges.serving.http import embeddable, in_named_language, public_page
from pledges.totals import parts


@fixed_page(gettext_lazy("Supporters so far"), texts=("totals_shared",), place=110, menu=10)
@public_page
def page(request):
    """How many have pledged, by sector, by county and by day."""
    totals = tally.read()
    milestones = PledgeContent.current().milestones_up_to(totals.total)
    context = {
        "totals": totals,
        "small": SMALLEST,
        "goal": totals.goal,
        "mosaic": mosaic(totals.sectors, totals.goal.people),
        "sectors": sorted(totals.sectors, key=lambda pair: -pair[1]),
        "largest": max((people for _, people in totals.sectors), default=0),
        "map": county_map(totals.counties),
        "counties": _ranked(totals.counties),
        "abroad": totals.abroad,
        "last_24_hours": totals.last_24_hours,
        "growth": downloads.growth_chart(totals, milestones),
        "milestones": milestones,
    }
    return render(request, "pledges/totals/totals.html", context)


def _ranked(counties):
    """(county, people, people per 10,000 inhabitants or None), the highest rate first."""
    return sorted(((*each, rate(*each)) for each in counties), key=lambda row: -(row[2] or 0))


@public_page
def county(request, slug):
    """The page of a county, with a redirect from its slug in the other language.

    It shows only what is published of counties: no live figure, so nothing that the totals do not show.
    """
    content = PledgeContent.current()
    found = with_slug(content.counties_with_page, slug)
    if found is None:
        raise Http404
    if found.slug != slug:
        return HttpResponsePermanentRedirect(found.get_absolute_url())
    request.alternates = in_each_language(found.get_absolute_url)
    part = parts.of_county(found, content.published.get(f"county:{found.pk}"))
    context = {
        "county": found,
        "part": part,
        "missing": part.goal - part.people,
        "small": SMALLEST,
        "ways": sharing.ways(
            pgettext("to a friend", "We are %(county)s, and we stand against child sexual violence. Join us:")
            % {"county": part.name},
            request.path,
        ),
        "sign_url": reverse("pledges:sign"),
        "groups": [sector for sector in content.sectors if sector.is_open],
    }
    return render(request, "pledges/totals/county.html", context)


@fixed_page(
    gettext_lazy("How we count"),
    gettext_lazy("Who we count and when, which figures we hide, and how to cite them."),
    place=200,
)
@public_page
def method(request):
    """How people are counted, and what is not published."""
    context = {
        "totals": tally.read(),
        "small": SMALLEST,
        "move": MOVE,
        "asked": SMALLEST_ASKED,
    }
    return render(request, "pledges/totals/method.html", context)


@embeddable
@in_named_language
@public_page
def figure(request, language, name, kind):
    """One figure to download in one language: its numbers as CSV or its picture as PNG."""
    drawn = FIGURES[name](tally.read())
    if kind == "png":
        response = HttpResponse(drawn.as_png(), content_type="image/png")
    else:
        response = HttpResponse(drawn.as_csv(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="{name}-{language}.{kind}"'
    return response


FIGURES = {
    "one": lambda totals: downloads.mosaic_figure(totals, totals.goal.people),
    "sectors": downloads.sectors_figure,
    "counties": downloads.counties_figure,
    "growth": lambda totals: downloads.growth_figure(totals, PledgeContent.current().milestones_up_to(totals.total)),
    "ways": downloads.signing_ways_figure,
}
