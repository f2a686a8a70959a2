"""Template context of every public page: help strip, quick exit, menus, texts, and links to the other language."""

from types import SimpleNamespace

from django.conf import settings
from django.db import connection
from django.urls import translate_url
from django.utils.translation import get_language

from campaign.content import STARTER, SiteContent
from campaign.help.models import HelpChannel, Numbers
from campaign.pages.models import Page
from campaign.settings.models import SiteSettings
from campaign.texts.models import by_language
from pledges.content import PledgeContent
from pledges.database import UNAVAILABLE
from pledges.fixed_pages import fixed_pages
from pledges.languages import LANGUAGE_CODES, other_language, own_name
from pledges.models import PledgingSettings
from pledges.sharing import brand
from pledges.starter import load


def _starter_content():
    """What pages read of the content, of a process that has not reached the database yet, from the starter files."""
    channels = [HelpChannel(**row) for row in load("channels", STARTER)]
    nothing = {"pages": (), "social_links": (), "share_picture_url": "", "at": None}
    texts = by_language(load("texts", STARTER), Numbers(channels))
    return SimpleNamespace(texts=texts, channels=channels, settings=SiteSettings(), **nothing)


def site(request):
    """Context processor. Empty in the admin, which uses none of it."""
    if request.path_info.startswith("/admin/"):
        return {}
    language = get_language()
    other = other_language(language)
    content, pledging = _content()
    addresses = _addresses(request)
    pages = [page for page in content.pages if page.sector_id is None and page.key != Page.PRIVACY]
    return {
        "brand": brand(),
        # Its title and summary are those of the page, if its template has no others.
        "fixed": fixed_pages().get(request.resolver_match and request.resolver_match.view_name),
        "site_url": settings.SITE_URL,
        # While signing is paused or closed: what buttons say instead, and the words of staff.
        "not_now": pledging.not_now,
        "not_now_words": pledging.message if pledging.not_now else "",
        "exit_url": content.settings.exit_url,
        "banner": content.settings if content.settings.shows_banner(content.at) else None,
        "social_links": content.social_links,
        "share_picture_url": content.share_picture_url,
        "strip_channels": [channel for channel in content.channels if channel.in_strip],
        "texts": content.texts[language],
        "switch": {"code": other, "name": own_name(other), "url": addresses.get(other, f"/{other}/")},
        "alternates": _alternates(request, addresses),
        "history": next((page for page in pages if page.key == "history"), None),
        "nav": _menu(request, pages),
        "footer_links": _footer(request, pages),
    }


def _addresses(request):
    """{language: path} of this page. Empty for a missing page, and for one with a slug for which its view sets no alternates."""
    if alternates := getattr(request, "alternates", None):
        return alternates
    if request.resolver_match is None or "slug" in request.resolver_match.kwargs:
        return {}
    return {language: translate_url(request.get_full_path(), language) for language in LANGUAGE_CODES}


def _alternates(request, addresses):
    """URL of this page in each language, none for personal pages, whose links must not be shared."""
    if request.resolver_match and "token" in request.resolver_match.kwargs and not hasattr(request, "alternates"):
        return []
    paths = {language: address.partition("?")[0] for language, address in addresses.items()}
    return [{"code": language, "url": settings.SITE_URL + path} for language, path in paths.items()]


def _menu(request, pages):
    """Links of the main menu: pages of staff with a menu position, then those fixed in the code."""
    fixed = sorted((page for page in fixed_pages().values() if page.menu is not None), key=lambda page: page.menu)
    return [_link(request, page) for page in [*(page for page in pages if page.menu_position is not None), *fixed]]


def _footer(request, pages):
    """Links of the three columns of the footer: those of staff at their places among the fixed ones. Help is in the strip.

    A page that is not published is left out.
    """
    # [((column, place), link)]
    placed = [(page.footer, _link(request, page)) for page in fixed_pages().values() if page.footer]
    placed += [((page.footer_column, page.footer_position), _link(request, page)) for page in pages]
    placed.sort(key=lambda each: each[0])
    return [[link for (column, _place), link in placed if column == number] for number in (1, 2, 3)]


def _link(request, page):
    url = page.get_absolute_url()
    return {"url": url, "label": str(getattr(page, "label", "") or page.title), "current": url == request.path}


def _content():
    """(SiteContent, PledgingSettings) of this request, or those of a new site while the database has never been reached."""
    try:
        return SiteContent.current(), PledgeContent.current().settings
    except UNAVAILABLE:
        if connection.in_atomic_block:
            # The transaction is lost with the connection: the page must not say that something was saved.
            raise
        return _starter_content(), PledgingSettings()
