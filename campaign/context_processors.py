"""What every page needs: the strip, the way out, the menu, words in fixed places, and the same page in the other language."""

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.urls import reverse, translate_url
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaign import texts
from campaign.models import HelpChannel, Page, SiteSettings
from campaign.starter import FOLDER
from pledges.figures.brand import brand
from pledges.starter import load

# Seconds: how long a change of the strip, the menu or the words may take to show on every page.
KEEP = 30
CACHE_KEY = "every-page"
NAMES = {"sq": "Shqip", "en": "English"}


def site(request):
    """Context of every page; in the admin nothing of it is needed."""
    if request.path_info.startswith("/admin/"):
        return {}
    language = get_language()
    other = "en" if language == "sq" else "sq"
    shared = _shared()
    return {
        "brand": brand(),
        "site_url": settings.SITE_URL,
        "exit_url": shared["exit_url"],
        "strip_channels": [
            {"tel": channel["tel"], "number": channel["number"], "short": channel[f"short_{language}"]}
            for channel in shared["channels"]
        ],
        "texts": shared["texts"][language],
        "switch": {"code": other, "name": NAMES[other], "url": _in_language(request, other)},
        "alternates": _alternates(request),
        "nav": _menu(request, language, shared["pages"]),
        "footer_links": _footer(request, language, shared["pages"]),
    }


def _in_language(request, language):
    """The same page in a language; where no page is, the home of that language."""
    if named := getattr(request, "alternates", None):
        return named[language]
    path = request.get_full_path()
    translated = translate_url(path, language)
    return f"/{language}/" if translated == path or _has_slugs_of_its_own(request) else translated


def _alternates(request):
    """A public page's address in each language. Personal pages and missing ones have none: nobody should pass those on."""
    match = request.resolver_match
    named = getattr(request, "alternates", None)
    if named is None:
        if match is None or "token" in match.kwargs or _has_slugs_of_its_own(request):
            return []
        named = {language: translate_url(request.path, language) for language in ("sq", "en")}
    return [{"code": language, "url": settings.SITE_URL + path} for language, path in named.items()]


def _has_slugs_of_its_own(request):
    """Whether this address is a page's or article's: then its view names the other (request.alternates), or it is missing."""
    return request.resolver_match is not None and "slug" in request.resolver_match.kwargs


def _menu(request, language, pages):
    """The main menu: the pages staff put there, then the totals and the news."""
    links = [_page_link(request, page, language) for page in pages if page["menu_position"] is not None]
    return [*links, _link(request, "pledges:totals", _("How many we are")), _link(request, "campaign:news", _("News"))]


def _footer(request, language, pages):
    by_key = {page["key"]: _page_link(request, page, language) for page in pages}
    columns = [
        ["child", "questions", "abroad", "about", "partners"],
        ["press", "contact", "accessibility", "history"],
    ]
    return [
        [
            _link(request, "campaign:help", _("Help and reporting")),
            _link(request, "pledges:sign", _("Sign the pledge")),
            _link(request, "pledges:my_pledge", _("Send me my link")),
            _link(request, "campaign:search", _("Search")),
        ],
        [by_key[key] for key in columns[0] if key in by_key],
        [
            _link(request, "campaign:privacy", _("Privacy notice")),
            *[by_key[key] for key in columns[1] if key in by_key],
            _link(request, "pledges:open_data", _("Open data")),
        ],
    ]


def _link(request, name, label):
    url = reverse(name)
    return {"url": url, "label": label, "current": url == request.path}


def _page_link(request, page, language):
    url = reverse("pages:page", args=[page[f"slug_{language}"]])
    return {"url": url, "label": page[f"title_{language}"], "current": url == request.path}


def _shared():
    """What staff chose for every page: exit, strip, published pages and words; starter content while the database is away."""
    shared = cache.get(CACHE_KEY)
    if shared is None:
        try:
            shared = {
                "exit_url": SiteSettings.load().exit_url,
                "channels": list(
                    HelpChannel.objects.shown().filter(in_strip=True).values("tel", "number", "short_sq", "short_en")
                ),
                "pages": list(
                    Page.objects.published()
                    .filter(sector=None)
                    .exclude(key=Page.PRIVACY)
                    .values("key", "menu_position", "slug_sq", "slug_en", "title_sq", "title_en")
                ),
                "texts": texts.read(),
            }
        except DatabaseError:
            channels = [row for row in load("channels", FOLDER) if row["in_strip"]]
            return {
                "exit_url": SiteSettings().exit_url,
                "channels": channels,
                "pages": [],
                "texts": texts.starter(),
            }
        cache.set(CACHE_KEY, shared, KEEP)
    return shared
