"""Pictures that supporters post: "I pledged", for a sector or for everyone; without a name."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.translation import gettext as _

from pledges.http import mark_public, read_only
from pledges.models import Sector
from pledges.pictures import draw

# Instead of a sector's slug: words that suit everyone.
NEUTRAL = "1"


@read_only
def picture(request, language, layout, slug):
    """The picture in one language and layout ("square" or "story"): the words that staff gave the sector, drawn."""
    with translation.override(language):
        words = "" if slug == NEUTRAL else get_object_or_404(Sector, slug=slug).pledged
        brand = "#NEJEMI1" if language == "sq" else "#WEARE1"
        return mark_public(HttpResponse(draw(layout, words or _("I pledged."), brand), content_type="image/png"))
