"""oEmbed (oembed.com): what other sites show for a link to the totals, to a county or to an article."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.http import JsonResponse
from django.urls import Resolver404, resolve, reverse
from django.utils import translation
from django.utils.translation import gettext as _

from campaign.content import SiteContent
from campaign.pages.models import Article
from pledges.content import PledgeContent
from pledges.serving.http import embeddable, public_page
from pledges.sharing import brand
from pledges.totals import open_data

# Stands for an address that is not of this site.
OTHER = "other"
# The pictures of shared links, in pixels.
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

    400 without `url`, 501 for another `format` than "json", 404 for an address that has no oEmbed response.
    """
    path = request.GET.get("url")
    language = translation.get_language_from_path(path or "")
    with translation.override(language):
        if not path:
            response = JsonResponse({"error": "The parameter url is missing."}, status=400)
        elif request.GET.get("format", "json") != "json":
            response = JsonResponse({"error": "The only format is json."}, status=501)
        elif not (page := language and _page(path, language)):
            response = JsonResponse({"error": "Nothing can be embedded from this address."}, status=404)
        else:
            room = (int(request.GET.get("maxwidth", CARD_WIDTH)), int(request.GET.get("maxheight", CARD_HEIGHT)))
            response = JsonResponse(_response(language, *page, *room), json_dumps_params={"ensure_ascii": False})
            response.headers["Content-Language"] = language
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _page(path, language):
    """(title, path of the card, whether it is the totals) of the page at this path, None if it has no oEmbed response."""
    try:
        match = resolve(path)
    except Resolver404:
        return None
    slug = match.kwargs.get("slug")
    if match.view_name == "pledges:totals":
        return _("Supporters so far"), reverse("totals_card", args=[language]), True
    if match.view_name == "pledges:county":
        county = next((row for row in PledgeContent.current().counties_with_page if row.slug == slug), None)
        title = county and _("We are %(county)s") % {"county": county.definite_name}
        return county and (title, reverse("county_card", args=[language, slug]), False)
    if match.view_name == "campaign:article":
        article = SiteContent.current().by_slug(Article, language).get(slug)
        return article and (article.share_title or article.title, article.card_url, False)
    return None


def _response(language, title, card, is_totals, max_width, max_height):
    data = {
        "version": "1.0",
        "type": "rich" if is_totals else "link",
        "title": title,
        "provider_name": brand(),
        "provider_url": settings.SITE_URL + reverse("campaign:home"),
    }
    if is_totals:
        width, height = min(open_data.COUNTER_WIDTH, max_width), min(open_data.COUNTER_HEIGHT, max_height)
        data |= {"html": open_data.counter_code(language, width=width, height=height), "width": width, "height": height}
    # A thumbnail must not be larger than what was asked for.
    if (max_width, max_height) == (CARD_WIDTH, CARD_HEIGHT):
        data |= {
            "thumbnail_url": settings.SITE_URL + card,
            "thumbnail_width": CARD_WIDTH,
            "thumbnail_height": CARD_HEIGHT,
        }
    return data
