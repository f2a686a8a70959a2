"""Template context of every public page: help strip, quick exit, menus, texts, and links to the other language."""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.urls import translate_url
from django.utils.translation import get_language

from campaign.content import STARTER, SiteContent
from campaign.help.models import HelpChannel
from campaign.numbers import Numbers
from campaign.pages.models import Page
from campaign.settings.models import SiteSettings
from campaign.texts.models import starter_texts
from pledges.content import PledgeContent
from pledges.database import UNAVAILABLE
from pledges.figures.brand import brand
from pledges.fixed_pages import fixed_pages
from pledges.languages import LANGUAGE_CODES, other_language, own_name
from pledges.models import PledgingSettings
from pledges.starter import load


@dataclass(frozen=True)
class StarterContent:
    """Starter content for the pages of a process that has not reached the database yet."""

    texts: dict
    channels: list
    pages: tuple = ()
    exit_url: str = SiteSettings().exit_url
    settings: SiteSettings = SiteSettings()
    has_banner: bool = False
    social_links: tuple = ()
    share_picture_url: str = ""

    @classmethod
    def read(cls):
        """The starter texts and channels, without a query."""
        rows = load("channels", STARTER)
        names = [field.attname for field in HelpChannel._meta.concrete_fields]
        channels = [HelpChannel(**{name: row[name] for name in names if name in row}) for row in rows]
        return cls(texts=starter_texts(Numbers(channels)), channels=channels)


def site(request):
    """Context processor. Empty in the admin, which uses none of it."""
    if request.path_info.startswith("/admin/"):
        return {}
    language = get_language()
    other = other_language(language)
    content, pledging = _content(), _pledging()
    pages = [page for page in content.pages if page.sector_id is None and page.key != Page.PRIVACY]
    return {
        "brand": brand(),
        # Its title and summary are those of the page, if its template has no others.
        "fixed": fixed_pages().get(request.resolver_match and request.resolver_match.view_name),
        "site_url": settings.SITE_URL,
        # While signing is paused or closed: what buttons say instead, and the words of staff.
        "not_now": pledging.not_now,
        "not_now_words": pledging.message if pledging.not_now else "",
        "exit_url": content.exit_url,
        "banner": content.settings if content.has_banner else None,
        "social_links": content.social_links,
        "share_picture_url": content.share_picture_url,
        "strip_channels": [channel for channel in content.channels if channel.in_strip],
        "texts": content.texts[language],
        "switch": {"code": other, "name": own_name(other), "url": _switch_url(request, other)},
        "alternates": _alternates(request),
        "history": next((page for page in pages if page.key == "history"), None),
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
    """Links of the main menu: pages of staff with a menu position, then those fixed in the code."""
    fixed = sorted((page for page in fixed_pages().values() if page.menu is not None), key=lambda page: page.menu)
    return [_link(request, page) for page in [*(page for page in pages if page.menu_position is not None), *fixed]]


def _footer(request, pages):
    """Links of the three columns of the footer: those of staff at their places among the fixed ones.

    A page that is not published is left out.
    """
    # [((column, place), link)]
    placed = [(page.footer, _link(request, page)) for page in in_footer()]
    placed += [((page.footer_column, page.footer_position), _link(request, page)) for page in pages]
    placed.sort(key=lambda each: each[0])
    return [[link for (column, _place), link in placed if column == number] for number in (1, 2, 3)]


def in_footer():
    """The FixedPages of the footer, in its order, in columns of equal height on a phone. Help is in the strip of every page."""
    return sorted((page for page in fixed_pages().values() if page.footer), key=lambda page: page.footer)


def _link(request, page):
    url = page.get_absolute_url()
    return {"url": url, "label": str(getattr(page, "label", "") or page.title), "current": url == request.path}


def _pledging():
    """The PledgingSettings of this request, or those of a new site while the database has never been reached."""
    try:
        return PledgeContent.current().settings
    except UNAVAILABLE:
        if connection.in_atomic_block:
            raise
        return PledgingSettings()


def _content():
    """The SiteContent of this request, or the StarterContent while the database has never been reached."""
    try:
        return SiteContent.current()
    except UNAVAILABLE:
        if connection.in_atomic_block:
            # The transaction is lost with the connection: the page must not say that something was saved.
            raise
        return StarterContent.read()
