"""The totals: pages and figures to download, and the top of the pages of a group or a county, which has a 1 of its own."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext

from pledges import sharing
from pledges.content import PledgeContent
from pledges.counting import tally
from pledges.figures import charts
from pledges.figures.mosaic import mosaic
from pledges.fixed_pages import fixed_page
from pledges.goals.models import Goal, round_goal
from pledges.languages import in_each_language, with_slug
from pledges.published.models import MOVE, SMALLEST, SMALLEST_ASKED
from pledges.serving.http import embeddable, in_named_language, public_page

# The most letters of a name at each size of the headline in static/css/parts.css.
SIZES = ((7, ""), (9, "long"))


@dataclass(frozen=True)
class Hero:
    """A part as templates/pledges/totals/part_hero.html shows it.

    `name` follows "We are"; `color` is the CSS class that colours its dots; `counted` follows the number of people.
    `published_at` is the time of that number; None for live numbers. `own_goal` is the Goal of a county.
    """

    name: str
    color: str
    people: int
    counted: str
    published_at: datetime | None = None
    own_goal: Goal | None = None

    @property
    def goal(self):
        """The number of people at which its 1 is full."""
        return self.own_goal.people if self.own_goal else round_goal(self.people)

    @property
    def size(self):
        """The CSS class of the headline, so that the name fits beside the 1 on a phone, in two lines if it has two words."""
        return next((size for letters, size in SIZES if len(self.name) <= letters), "longer")

    @property
    def day(self):
        """The day of `published_at`, which does not wrap."""
        return date_format(timezone.localtime(self.published_at), "DATE_FORMAT").replace(" ", "\xa0")

    @cached_property
    def mosaic(self):
        return mosaic([(self, self.people)], self.goal)


def sector_hero(sector, people):
    """The Hero of a sector with its live number of people."""
    name, plural = sector.name[:1].lower() + sector.name[1:], sector.people
    counted = ngettext("supporter so far", "supporters so far", people)
    if plural and people != 1:
        counted = gettext("%(parents)s so far") % {"parents": plural}
    return Hero(name, sector.color, people, counted)


def county_hero(county, published):
    """The Hero of a county with its PublishedFigure, None before the first person, and its next goal."""
    people, at = (published.people, published.looked_at) if published else (0, None)
    goal = PledgeContent.current().goal_above(people, county.pk)
    return Hero(
        county.definite_name, "place", people, gettext("supporters, approximately"), at if people else None, goal
    )


@fixed_page(gettext_lazy("Supporters so far"), texts=("totals_shared",), place=110, menu=10)
@public_page
def page(request):
    totals = tally.read()
    context = {
        "totals": totals,
        "small": SMALLEST,
        "goal": totals.goal,
        "mosaic": mosaic(totals.sectors, totals.goal.people),
        "sectors": sorted(totals.sectors, key=lambda pair: -pair[1]),
        "largest": max((people for _, people in totals.sectors), default=0),
        "map": charts.county_map(totals.counties),
        "counties": _ranked(totals.counties),
        "abroad": totals.abroad,
        "last_24_hours": totals.last_24_hours,
        "growth": charts.growth_of(totals),
    }
    return render(request, "pledges/totals/totals.html", context)


def _ranked(counties):
    """(county, people, people per 10,000 inhabitants or None), the highest rate first."""
    return sorted(((*each, charts.rate(*each)) for each in counties), key=lambda row: -(row[2] or 0))


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
    part = county_hero(found, content.published.get(f"county:{found.pk}"))
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
    context = {"totals": tally.read(), "small": SMALLEST, "move": MOVE, "asked": SMALLEST_ASKED}
    return render(request, "pledges/totals/method.html", context)


@embeddable
@in_named_language
@public_page
def figure(request, language, name, kind):
    """One figure to download in one language: its numbers as CSV or its picture as PNG."""
    drawn = charts.figure(name, tally.read())
    if kind == "png":
        response = HttpResponse(drawn.as_png(), content_type="image/png")
    else:
        response = HttpResponse(drawn.as_csv(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="{name}-{language}.{kind}"'
    return response
