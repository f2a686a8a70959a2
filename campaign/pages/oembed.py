"""oEmbed (oembed.com): what other sites show for a link to the totals: the counter."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.http import JsonResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from pledges.figures.brand import brand
from pledges.languages import LANGUAGE_CODES
from pledges.serving.http import embeddable, public_page
from pledges.totals import counter

# Stands for an address that is not of this site.
OTHER = "other"
# The picture of a link to the totals, in pixels.
CARD_WIDTH, CARD_HEIGHT = 1200, 630


def _own_path(url):
    """The path of a URL of this site, OTHER for another URL, "" for none. Queries and fragments are dropped."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return OTHER
    is_own = parts.scheme in ("http", "https") and parts.netloc.lower() == urlsplit(settings.SITE_URL).netloc
    return url and ((parts.path or "/") if is_own else OTHER)


def _pixels(largest):
    """A function that gives a number of pixels as text, at most `largest`; "" for anything else."""
    return lambda text: str(min(int(text), largest)) if re.fullmatch("[1-9][0-9]{0,5}", text) else ""


PARAMETERS = {
    "url": _own_path,
    "format": lambda text: text if text in ("", "json") else OTHER,
    "maxwidth": _pixels(CARD_WIDTH),
    "maxheight": _pixels(CARD_HEIGHT),
}


@embeddable
@public_page(parameters=PARAMETERS)
def oembed(request):
    """The oEmbed response for the page `url`, in the language of that page. Scripts of other sites may read it.

    400 without `url`, 501 for another `format` than "json", 404 for an address that is not that of the totals.
    """
    path = request.GET.get("url")
    language = next((code for code in LANGUAGE_CODES if _totals(code) == path), None)
    if not path:
        response = JsonResponse({"error": "The parameter url is missing."}, status=400)
    elif request.GET.get("format", "json") != "json":
        response = JsonResponse({"error": "The only format is json."}, status=501)
    elif language is None:
        response = JsonResponse({"error": "Nothing can be embedded from this address."}, status=404)
    else:
        room = (int(request.GET.get("maxwidth", CARD_WIDTH)), int(request.GET.get("maxheight", CARD_HEIGHT)))
        with translation.override(language):
            response = JsonResponse(_counter(language, *room), json_dumps_params={"ensure_ascii": False})
        response.headers["Content-Language"] = language
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _totals(language):
    with translation.override(language):
        return reverse("pledges:totals")


def _counter(language, max_width, max_height):
    width, height = min(counter.WIDTH, max_width), min(counter.HEIGHT, max_height)
    data = {
        "version": "1.0",
        "type": "rich",
        "title": _("Supporters so far"),
        "provider_name": brand(),
        "provider_url": settings.SITE_URL + reverse("campaign:home"),
        "html": counter.code(language, width=width, height=height),
        "width": width,
        "height": height,
    }
    # A thumbnail must not be larger than what was asked for.
    if (max_width, max_height) == (CARD_WIDTH, CARD_HEIGHT):
        data |= {
            "thumbnail_url": settings.SITE_URL + reverse("totals_card", args=[language]),
            "thumbnail_width": CARD_WIDTH,
            "thumbnail_height": CARD_HEIGHT,
        }
    return data
