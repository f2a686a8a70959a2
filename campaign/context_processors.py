"""Template context of every public page: help strip, quick exit, menus, texts, and links to the other language."""

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
from pledges.languages import LANGUAGE_CODES, other_language, own_name
from pledges.starter import load

# Seconds until a change of the strip, the menu or the texts is visible on every page.
CACHE_TIMEOUT = 30
CACHE_KEY = "every-page"


def site(request):
    """Context processor. Empty in the admin, which uses none of it."""
    if request.path_info.startswith("/admin/"):
        return {}
    language = get_language()
    other = other_language(language)
    shared = _shared_content()
    return {
        "brand": brand(),
        "site_url": settings.SITE_URL,
        "exit_url": shared["exit_url"],
        "strip_channels": [
            {"tel": channel["tel"], "number": channel["number"], "short": channel[f"short_{language}"]}
            for channel in shared["channels"]
        ],
        "texts": shared["texts"][language],
        "switch": {"code": other, "name": own_name(other), "url": _switch_url(request, other)},
        "alternates": _alternates(request),
        "nav": _menu(request, language, shared["pages"]),
        "footer_links": _footer(request, language, shared["pages"]),
    }


def _switch_url(request, language):
    """Path of this page in the other language; the home page of that language if there is none."""
    if alternates := getattr(request, "alternates", None):
        return alternates[language]
    path = request.get_full_path()
    translated = translate_url(path, language)
    if translated == path or _has_slug(request):
        return f"/{language}/"
    return translated


def _alternates(request):
    """URL of this page in each language. Empty for missing pages and for personal pages, whose links must not be shared."""
    match = request.resolver_match
    alternates = getattr(request, "alternates", None)
    if alternates is None:
        if match is None or "token" in match.kwargs or _has_slug(request):
            return []
        alternates = {language: translate_url(request.path, language) for language in LANGUAGE_CODES}
    return [{"code": language, "url": settings.SITE_URL + path} for language, path in alternates.items()]


def _has_slug(request):
    """Whether the URL holds a slug, which translate_url() cannot translate: the view sets request.alternates instead."""
    return request.resolver_match is not None and "slug" in request.resolver_match.kwargs


def _menu(request, language, pages):
    """Links of the main menu: pages with a menu position, then the totals and the news."""
    links = [_page_link(request, page, language) for page in pages if page["menu_position"] is not None]
    return [*links, _link(request, "pledges:totals", _("How many we are")), _link(request, "campaign:news", _("News"))]


def _footer(request, language, pages):
    """Links of the three columns of the footer; a page that is not published is left out."""
    by_key = {page["key"]: _page_link(request, page, language) for page in pages}
    about_keys = ["child", "questions", "abroad", "about", "partners"]
    service_keys = ["press", "contact", "accessibility", "history"]
    return [
        [
            _link(request, "campaign:help", _("Help and reporting")),
            _link(request, "pledges:sign", _("Sign the pledge")),
            _link(request, "pledges:my_pledge", _("Send me my link")),
            _link(request, "campaign:search", _("Search")),
        ],
        [by_key[key] for key in about_keys if key in by_key],
        [
            _link(request, "campaign:privacy", _("Privacy notice")),
            *[by_key[key] for key in service_keys if key in by_key],
            _link(request, "pledges:open_data", _("Open data")),
        ],
    ]


def _link(request, name, label):
    url = reverse(name)
    return {"url": url, "label": label, "current": url == request.path}


def _page_link(request, page, language):
    url = reverse("pages:page", args=[page[f"slug_{language}"]])
    return {"url": url, "label": page[f"title_{language}"], "current": url == request.path}


def _shared_content():
    """Content of every page: exit URL, strip channels, published pages and texts; starter content without a database."""
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
        cache.set(CACHE_KEY, shared, CACHE_TIMEOUT)
    return shared
