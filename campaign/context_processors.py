"""Template context of every public page: help strip, quick exit, menus, texts, and links to the other language."""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.urls import reverse, translate_url
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaign import texts
from campaign.content import SiteContent
from campaign.models import HelpChannel, Page, SiteSettings
from campaign.numbers import Numbers
from campaign.starter import FOLDER
from pledges.database import UNAVAILABLE
from pledges.figures.brand import brand
from pledges.languages import LANGUAGE_CODES, other_language, own_name
from pledges.starter import load


@dataclass(frozen=True)
class StarterContent:
    """Starter content for the pages of a process that has not reached the database yet."""

    texts: dict
    channels: list
    pages: tuple = ()
    exit_url: str = SiteSettings().exit_url

    @classmethod
    def read(cls):
        """The starter texts and channels, without a query."""
        rows = load("channels", FOLDER)
        names = [field.attname for field in HelpChannel._meta.concrete_fields]
        channels = [HelpChannel(**{name: row[name] for name in names if name in row}) for row in rows]
        return cls(texts=texts.starter(Numbers(channels)), channels=channels)


def site(request):
    """Context processor. Empty in the admin, which uses none of it."""
    if request.path_info.startswith("/admin/"):
        return {}
    language = get_language()
    other = other_language(language)
    content = _content()
    pages = [page for page in content.pages if page.sector_id is None and page.key != Page.PRIVACY]
    return {
        "brand": brand(),
        "site_url": settings.SITE_URL,
        "exit_url": content.exit_url,
        "strip_channels": [channel for channel in content.channels if channel.in_strip],
        "texts": content.texts[language],
        "switch": {"code": other, "name": own_name(other), "url": _switch_url(request, other)},
        "alternates": _alternates(request),
        "nav": _menu(request, pages),
        "footer_links": _footer(request, pages),
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


def _menu(request, pages):
    """Links of the main menu: pages with a menu position, then the totals and the news."""
    links = [_page_link(request, page) for page in pages if page.menu_position is not None]
    return [
        *links,
        _link(request, "pledges:totals", _("Supporters so far")),
        _link(request, "campaign:news", _("News")),
    ]


def _footer(request, pages):
    """Links of the three columns of the footer; a page that is not published is left out."""
    by_key = {page.key: _page_link(request, page) for page in pages}

    def published(*keys):
        return [by_key[key] for key in keys if key in by_key]

    # Two columns of equal height on a phone. The help page is in the strip of every page.
    return [
        [
            *published("child"),
            _link(request, "pledges:sign", _("Sign the pledge")),
            _link(request, "pledges:my_pledge", _("Manage my pledge")),
            *published("questions", "abroad"),
        ],
        [
            *published("about"),
            _link(request, "campaign:organisations", _("Organisations")),
            *published("press", "contact"),
            # Phones have these in their menu: their footer is full.
            _link(request, "campaign:events", _("Events")) | {"is_wide": True},
            _link(request, "campaign:materials", _("Materials")) | {"is_wide": True},
            _link(request, "campaign:search", _("Search")),
        ],
        [
            _link(request, "campaign:privacy", _("Privacy notice")),
            *published("accessibility", "history"),
            _link(request, "pledges:open_data", _("Open data")),
        ],
    ]


def _link(request, name, label):
    url = reverse(name)
    return {"url": url, "label": label, "current": url == request.path}


def _page_link(request, page):
    url = page.get_absolute_url()
    return {"url": url, "label": page.title, "current": url == request.path}


def _content():
    """The SiteContent of this request, or the StarterContent while the database has never been reached."""
    try:
        return SiteContent.current()
    except UNAVAILABLE:
        if connection.in_atomic_block:
            # The transaction is lost with the connection: the page must not say that something was saved.
            raise
        return StarterContent.read()
