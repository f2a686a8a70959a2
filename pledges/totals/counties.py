"""The page of a county. It shows only what is published of counties: no live figure, so nothing that the totals do not show."""

from django.http import Http404, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import pgettext

from pledges import sharing
from pledges.content import PledgeContent
from pledges.languages import in_each_language, with_slug
from pledges.published.rule import SMALLEST
from pledges.serving.http import public_page
from pledges.totals import parts


@public_page
def page(request, slug):
    """Show the page of a county; redirect from its slug in the other language."""
    content = PledgeContent.current()
    county = with_slug(content.counties_with_page, slug)
    if county is None:
        raise Http404
    if county.slug != slug:
        return HttpResponsePermanentRedirect(county.get_absolute_url())
    request.alternates = in_each_language(county.get_absolute_url)
    part = parts.of_county(county, content.published.get(f"county:{county.pk}"))
    context = {
        "county": county,
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
