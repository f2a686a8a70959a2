"""The public pages of the site by name, for staff who link to them."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from campaign.content import SiteContent
from campaign.pages.listed_pages import counties, events, organisations
from pledges.fixed_pages import fixed_pages
from staff.accents import without_accents


class Kind(models.TextChoices):
    """What a page is, in the order of the list."""

    PAGE = "page", _("page")
    GROUP = "group", _("page of a group")
    FIXED = "fixed", _("fixed page")
    DEMAND = "demand", _("demand")
    NEWS = "news", _("article")
    EVENT = "event", _("event")
    ORGANISATION = "organisation", _("organisation")


@dataclass(frozen=True)
class SitePage:
    """One public page. `url` is its path, both are in the language that was asked for."""

    kind: Kind
    name: str
    url: str


def in_language(language):
    """The SitePages in a language, by kind. Each address is listed once."""
    found = {}
    with override(language):
        for page in _pages():
            found.setdefault(page.url, page)
    order = list(Kind)
    return sorted(found.values(), key=lambda page: order.index(page.kind))


def find(words, language):
    """The SitePages whose name contains all words, accents aside; those whose name begins with them come first."""
    wanted = without_accents(words)
    found = [
        page for page in in_language(language) if all(word in without_accents(page.name) for word in wanted.split())
    ]
    return sorted(found, key=lambda page: not without_accents(page.name).startswith(wanted.strip()))


def _pages():
    content = SiteContent.current()
    for page in content.pages:
        yield SitePage(Kind.GROUP if page.sector_id else Kind.PAGE, page.title, page.get_absolute_url())
    for history in content.demands:
        yield SitePage(Kind.DEMAND, history.demand.title, history.demand.get_absolute_url())
    for article in content.articles:
        yield SitePage(Kind.NEWS, article.title, article.get_absolute_url())
    for page in fixed_pages().values():
        if page.title:
            yield SitePage(Kind.FIXED, str(page.title), page.get_absolute_url())
    listed = {Kind.FIXED: counties(), Kind.EVENT: events(), Kind.ORGANISATION: organisations(content)}
    for kind, pages in listed.items():
        for page in pages:
            yield SitePage(kind, page.title, page.url)
