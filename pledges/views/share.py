"""Pictures to post: "I pledged" in the words of a sector or in neutral words, and the blue ribbon. None contains a name."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from pledges.content import PledgeContent
from pledges.figures import cards
from pledges.figures import ribbon as ribbons
from pledges.figures.brand import brand
from pledges.http import embeddable, in_named_language, public_page

# Takes the place of a sector's slug in the address of a picture: neutral words, which do not reveal the sector.
NEUTRAL_SLUG = "1"


@embeddable
@in_named_language
@public_page
def picture(request, language, layout, slug):
    """The picture in one language and layout ("square" or "story"), with the words that staff gave the sector."""
    sectors = {sector.slug: sector.pledged for sector in PledgeContent.current().sectors} | {NEUTRAL_SLUG: ""}
    if slug not in sectors:
        raise Http404
    return _png(cards.draw(layout, sectors[slug] or _("I pledged."), brand()))


@public_page
def ribbon(request):
    """The page that draws the ribbon around a photo. The browser does it; the photo is not uploaded."""
    return render(request, "pledges/ribbon.html")


@embeddable
@in_named_language
@public_page
def ribbon_picture(request, language, kind):
    """The ribbon as a transparent frame ("frame"), or finished with the 1 inside ("ready")."""
    return _png(ribbons.draw(brand(), ready=kind == "ready"))


def _png(data):
    return HttpResponse(data, content_type="image/png")
