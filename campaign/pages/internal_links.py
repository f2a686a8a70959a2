"""Links within the site: where an address leads, and the pages of the site by name."""

from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.storage import default_storage
from django.urls import Resolver404, resolve, reverse, translate_url
from django.utils import timezone
from django.utils.translation import override

from campaign.content import SiteContent
from campaign.news.models import Article
from campaign.pages.models import Page
from pledges.content import PledgeContent
from pledges.languages import LANGUAGE_CODES, other_language
from staff.models import Draft


class Leads(Enum):
    RIGHT = "right"
    # An old address, or that of the other language, which redirects.
    MOVED = "moved"
    OTHER_LANGUAGE = "other language"
    UNPUBLISHED = "unpublished"
    # A page that only one person opens, or that ends.
    PERSONAL = "personal"
    NOWHERE = "nowhere"


@dataclass(frozen=True)
class Target:
    """Where a link leads, and the better address, "" if there is none."""

    leads: Leads
    url: str = ""


def is_internal(address):
    """Whether an address is within the site."""
    parts = urlsplit(address)
    return not parts.scheme and not parts.netloc or parts.netloc == urlsplit(settings.SITE_URL).netloc


def follow(address, language, own=(), at=None):
    """The Target of an address in a text of this language that is public from `at`, now if None.

    `own` has the addresses that the text itself will have, which need not be published yet.
    """
    path = urlsplit(address).path
    if not path or path in own:
        return Target(Leads.RIGHT)
    if not path.startswith("/"):
        return Target(Leads.NOWHERE)
    code = path.split("/")[1]
    code = code if code in LANGUAGE_CODES else None
    with override(code or language):
        match = _resolve(path)
        if match is None:
            with_slash = f"{path}/"
            return Target(Leads.MOVED, with_slash) if _resolve(with_slash) else Target(Leads.NOWHERE)
        if "token" in match.kwargs or match.app_name == "admin" or path.startswith("/admin/"):
            return Target(Leads.PERSONAL)
        locate = _locate(match, code, at or timezone.now())
        if isinstance(locate, Target):
            return locate
        if locate is not None and locate() != path:
            return Target(Leads.MOVED, locate())
    if code and code != language:
        return Target(Leads.OTHER_LANGUAGE, _in_language(path, code, language, locate))
    return Target(Leads.RIGHT)


def _resolve(path):
    try:
        return resolve(path)
    except Resolver404:
        return None


def _in_language(path, code, language, locate):
    if locate is None:
        # translate_url() reads the path in the active language.
        with override(code):
            return translate_url(path, language)
    with override(language):
        return locate()


def _locate(match, code, at):
    """A function that returns the address of the page with a slug, in the active language; None for a page without a slug.

    A Target if there is no such page.
    """
    slug = match.kwargs.get("slug")
    match match.view_name:
        case "pages:page":
            return _published(Page, slug, code, at)
        case "campaign:article":
            return _published(Article, slug, code, at)
        case "campaign:demand":
            return _by_slug([history.demand for history in SiteContent.current().demands], slug, code)
        case "campaign:event" | "campaign:event_calendar" as name:
            return _by_slug(PledgeContent.current().events, slug, code, name)
        case "pledges:county" as name:
            return _by_slug(PledgeContent.current().counties_with_page, slug, code, name)
        case "library_file":
            return None if default_storage.exists(match.kwargs["name"]) else Target(Leads.NOWHERE)
    return None


def _by_slug(rows, slug, code, name="campaign:demand"):
    for language in (code, other_language(code)):
        with override(language):
            found = next((row for row in rows if row.slug == slug), None)
        if found is not None:
            return lambda: reverse(name, args=[found.slug])
    return Target(Leads.NOWHERE)


def _published(model, slug, code, at):
    """As _locate(), of the row with this slug now, before, or in the other language."""
    content = SiteContent.current()
    row = content.by_slug(model, code).get(slug) or content.moved_from(model, code, slug)
    row = row or content.by_slug(model, other_language(code)).get(slug)
    if row is None:
        row = model.objects.everything().filter(**{f"slug_{code}": slug}).select_related("draft").first()
        if row is None:
            return Target(Leads.NOWHERE)
        draft = row.draft
        if draft and not (draft.state == Draft.State.SCHEDULED and draft.publish_at <= at):
            return Target(Leads.UNPUBLISHED)
    return row.get_absolute_url
