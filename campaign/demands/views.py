"""The page of a demand, and the demands as open data."""

from operator import attrgetter
from urllib.parse import quote, urlencode

from django.http import Http404, HttpResponsePermanentRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from campaign import structured_data
from campaign.content import SiteContent
from campaign.demands.models import handovers_of_demand
from pledges.content import PledgeContent
from pledges.languages import in_each_language, with_slug
from pledges.serving.http import public_page
from pledges.totals.open_data import open_data


@public_page
def demand(request, slug):
    """Show a demand with its steps; redirect from its slug in the other language."""
    content = SiteContent.current()
    demand = with_slug(content.demands, slug)
    if demand is None:
        raise Http404
    if demand.slug != slug:
        return HttpResponsePermanentRedirect(demand.get_absolute_url())
    request.alternates = in_each_language(demand.get_absolute_url)
    listing = content.page_by_key.get("demands")
    trail = [(page.title, page.get_absolute_url()) for page in (listing, demand) if page]
    context = {
        "demand": demand,
        "listing": listing,
        "contact": content.page_by_key.get("contact"),
        "others": [other for other in content.demands if other != demand],
        "letter": _letter(demand),
        "municipalities": sorted(
            (row for row in PledgeContent.current().municipalities if row.email), key=attrgetter("sort_key")
        ),
        "handed_over": handovers_of_demand(demand),
        "og_key": demand.slug,
        "groups": [sector for sector in PledgeContent.current().sectors if sector.is_open],
        "more_url": listing.get_absolute_url() if listing else reverse("campaign:home"),
        "structured": [structured_data.breadcrumbs(trail)],
    }
    return render(request, "campaign/demands/demand.html", context)


def _letter(demand):
    """What follows "mailto:" and an address: subject and words of a letter about the demand, in the active language."""
    words = gettext(
        "Hello.\n\nI am writing about a demand of the movement “We are 1”: %(demand)s.\n\nPlease tell me what you have done "
        "about it so far, and what you will do next.\n\nThank you."
    )
    # Line ends of mail (RFC 6068).
    body = (words % {"demand": demand.title}).replace("\n", "\r\n")
    return "?" + urlencode({"subject": demand.title, "body": body}, quote_via=quote)


@open_data
def demands_json(request):
    """The shown demands with their steps as JSON. Steps that were corrected are left out."""
    return JsonResponse(
        {"demands": [_as_data(demand) for demand in SiteContent.current().demands]},
        json_dumps_params={"ensure_ascii": False},
    )


def _as_data(demand):
    return {
        "key": demand.key,
        "sq": demand.title_sq,
        "en": demand.title_en,
        "institution": demand.institution or None,
        "steps": [
            {
                "date": step.date.isoformat(),
                "state": step.state,
                "sq": step.sentence_sq,
                "en": step.sentence_en,
                "source": {"title": step.source_title, "url": step.source_url},
            }
            for step in demand.current
        ],
    }
