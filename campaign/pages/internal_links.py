"""Links within the site: where an address leads."""

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
from pledges.languages import LANGUAGE_CODES, with_slug
from staff.models import Draft

# {URL name: function that returns the rows with a page there}, each row with the property `slug`.
ROWS = {
    "campaign:demand": lambda: SiteContent.current().demands,
    "campaign:event": lambda: PledgeContent.current().events,
    "campaign:event_calendar": lambda: PledgeContent.current().events,
    "pledges:county": lambda: PledgeContent.current().counties_with_page,
}
# {URL name: model of the rows with a page there}. Their old addresses redirect, and drafts have addresses too.
MODELS = {"pages:page": Page, "campaign:article": Article}


class Leads(Enum):
    RIGHT = "right"
    # An old address, or that of the other language, which redirects.
    MOVED = "moved"
    OTHER_LANGUAGE = "other language"
    UNPUBLISHED = "unpublished"
    # A page that only one person opens, or that ends.
    PERSONAL = "personal"
    NOWHERE = "nowhere"


def is_internal(address):
    """Whether an address is within the site."""
    parts = urlsplit(address)
    return not parts.scheme and not parts.netloc or parts.netloc == urlsplit(settings.SITE_URL).netloc


def follow(address, language, at=None):
    """(Leads, the better address or "") of an address in a text of this language that is public from `at`, now if None."""
    path = urlsplit(address).path
    if not path:
        return Leads.RIGHT, ""
    code = path.partition("/")[2].partition("/")[0]
    code = code if code in LANGUAGE_CODES else language
    with override(code):
        match = _resolve(path)
        if match is None:
            with_slash = f"{path}/"
            return (Leads.MOVED, with_slash) if _resolve(with_slash) else (Leads.NOWHERE, "")
        if "token" in match.kwargs or match.app_name == "admin" or path.startswith("/admin/"):
            return Leads.PERSONAL, ""
        if match.view_name == "library_file" and not default_storage.exists(match.kwargs["name"]):
            return Leads.NOWHERE, ""
        if match.view_name not in ROWS | MODELS:
            # translate_url() reads the path in the active language.
            better = translate_url(path, language)
            return (Leads.RIGHT, "") if better == path else (Leads.OTHER_LANGUAGE, better)
        row = _find(match, code)
        if row is None:
            return Leads.NOWHERE, ""
        draft = row.draft if hasattr(row, "draft") else None
        if draft and not (draft.state == Draft.State.SCHEDULED and draft.publish_at <= (at or timezone.now())):
            return Leads.UNPUBLISHED, ""
        address_now = _address(match, row)
    if address_now != path:
        return Leads.MOVED, address_now
    with override(language):
        better = _address(match, row)
    return (Leads.RIGHT, "") if better == path else (Leads.OTHER_LANGUAGE, better)


def _resolve(path):
    try:
        return resolve(path)
    except Resolver404:
        return None


def _find(match, code):
    """The row with the slug of an address in the active language `code`: now, before, in the other language, or as a draft."""
    slug = match.kwargs["slug"]
    if match.view_name in ROWS:
        return with_slug(ROWS[match.view_name](), slug)
    model = MODELS[match.view_name]
    drafts = model.objects.everything().filter(**{f"slug_{code}": slug}).select_related("draft")
    return SiteContent.current().find(model, code, slug) or drafts.first()


def _address(match, row):
    """The address of the page of a row in the active language."""
    return reverse(match.view_name, args=[row.slug]) if match.view_name in ROWS else row.get_absolute_url()
