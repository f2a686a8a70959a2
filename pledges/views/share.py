"""Pictures for supporters to post: "I pledged" in a sector's words or neutral ones, and the blue ribbon. They show no name."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from pledges.figures import cards
from pledges.figures import ribbon as ribbons
from pledges.figures.brand import brand
from pledges.http import in_named_language, mark_public, public_page, read_only
from pledges.models import Sector

# In place of a sector's slug: words that suit every sector.
NEUTRAL = "1"


@read_only
@in_named_language
def picture(request, language, layout, slug):
    """The picture in one language and layout ("square" or "story"): the words that staff wrote for the sector, drawn."""
    words = "" if slug == NEUTRAL else get_object_or_404(Sector, slug=slug).pledged
    return _png(cards.draw(layout, words or _("I pledged."), brand()))


@public_page
def ribbon(request):
    """The page that puts the ribbon around a photo, in the browser; the photo is not uploaded."""
    return render(request, "pledges/ribbon.html")


@read_only
@in_named_language
def ribbon_picture(request, language, kind):
    """The ribbon as a frame with a hole ("frame"), or ready with the 1 in it ("ready")."""
    return _png(ribbons.draw(brand(), ready=kind == "ready"))


def _png(data):
    return mark_public(HttpResponse(data, content_type="image/png"))
