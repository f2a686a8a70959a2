"""oEmbed (oembed.com): what other sites show for a link to the totals, to a county or to an article."""

import re
from functools import wraps
from urllib.parse import urlsplit

from django.conf import settings
from django.http import JsonResponse
from django.urls import Resolver404, resolve, reverse
from django.utils import translation
from django.utils.translation import gettext as _

from campaign.content import SiteContent
from campaign.news.models import Article
from pledges.content import PledgeContent
from pledges.figures.brand import brand
from pledges.serving.http import embeddable, public_page
from pledges.totals import counter, counties

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


def _open(view):
    """Decorate the view: scripts of other sites may read its responses, which are in the language of the page `url`."""

    @wraps(view)
    def wrapper(request):
        response = view(request)
        response.headers["Access-Control-Allow-Origin"] = "*"
        if language := translation.get_language_from_path(request.GET.get("url", "")):
            response.headers["Content-Language"] = language
        return response

    return wrapper


@_open
@embeddable
@public_page(parameters=PARAMETERS)
def oembed(request):
    """The oEmbed response for the page `url`, in the language of that page.

    400 without `url`, 501 for another `format` than "json", 404 for an address that has no oEmbed response.
    """
    path = request.GET.get("url")
    if not path:
        return JsonResponse({"error": "The parameter url is missing."}, status=400)
    if request.GET.get("format", "json") != "json":
        return JsonResponse({"error": "The only format is json."}, status=501)
    language = translation.get_language_from_path(path)
    with translation.override(language):
        page = _page(path) if language else None
        if page is None:
            return JsonResponse({"error": "Nothing can be embedded from this address."}, status=404)
        room = (int(request.GET.get("maxwidth", CARD_WIDTH)), int(request.GET.get("maxheight", CARD_HEIGHT)))
        return JsonResponse(_response(*page, *room), json_dumps_params={"ensure_ascii": False})


def _page(path):
    """(title, path of the card, whether it is the totals) of the page at this path, None if it has no oEmbed response."""
    try:
        match = resolve(path)
    except Resolver404:
        return None
    language = translation.get_language()
    if match.view_name == "pledges:totals":
        return _("Supporters so far"), reverse("totals_card", args=[language]), True
    if match.view_name == "pledges:county":
        county = counties.by_slug(PledgeContent.current(), language).get(match.kwargs["slug"])
        return county and (
            _("We are %(county)s") % {"county": county.definite_name},
            reverse("county_card", args=[language, county.slug]),
            False,
        )
    if match.view_name == "campaign:article":
        article = SiteContent.current().by_slug(Article, language).get(match.kwargs["slug"])
        return article and (article.share_title or article.title, _card(article, language), False)
    return None


def _card(article, language):
    if article.picture and article.picture.card_url:
        return article.picture.card_url
    return reverse("picture", args=[language, "news", getattr(article, f"slug_{language}")])


def _response(title, card, is_totals, max_width, max_height):
    language = translation.get_language()
    data = {
        "version": "1.0",
        "type": "rich" if is_totals else "link",
        "title": title,
        "provider_name": brand(),
        "provider_url": settings.SITE_URL + reverse("campaign:home"),
    }
    if is_totals:
        width, height = min(counter.WIDTH, max_width), min(counter.HEIGHT, max_height)
        data |= {"html": counter.code(language, width=width, height=height), "width": width, "height": height}
    # A thumbnail must not be larger than what was asked for.
    if (max_width, max_height) == (CARD_WIDTH, CARD_HEIGHT):
        data |= {
            "thumbnail_url": settings.SITE_URL + card,
            "thumbnail_width": CARD_WIDTH,
            "thumbnail_height": CARD_HEIGHT,
        }
    return data
