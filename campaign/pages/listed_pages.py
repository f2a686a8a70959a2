"""Pages without a search column, which campaign/search/views.py finds by title and text: all but content pages and news."""

from dataclasses import dataclass
from enum import IntEnum

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext

from campaign.organisations.models import PER_PAGE, Organisation
from pledges.content import PledgeContent
from pledges.fixed_pages import fixed_pages
from pledges.mailings.models import MailingContent
from pledges.serving import snapshot


class HitOrder(IntEnum):
    """Where a hit is listed. Within one place the rank decides."""

    # The help page: the visitor may be in need of help.
    FIRST = 0
    USUAL = 1
    # What is over.
    LAST = 2


@dataclass(frozen=True)
class ListedPage:
    """A page without a search column, in the active language. `url` is its path, `text` plain text."""

    title: str
    url: str
    text: str
    place: HitOrder = HitOrder.USUAL


def every(content):
    """All Listed pages, a list. `content` is the SiteContent."""
    return [*fixed(content), *counties(), *demands(content), *events(), *mailings(), *organisations(content)]


def fixed(content):
    """Yield the pages fixed in the code of which something was written for search."""
    texts = content.texts[get_language()]
    for page in fixed_pages().values():
        if text := " ".join([*(texts[key] for key in page.texts), *filter(None, [str(page.summary)])]):
            place = HitOrder.FIRST if page.name == "campaign:help" else HitOrder.USUAL
            yield ListedPage(str(page.title), page.get_absolute_url(), text, place)


def counties():
    """Yield the pages of the counties."""
    for county in PledgeContent.current().counties_with_page:
        title = gettext("We are %(county)s") % {"county": county.definite_name}
        yield ListedPage(title, reverse("pledges:county", args=[county.slug]), f"{county.name}. {county.full_name}.")


def demands(content):
    """Yield the demands, each with what has happened to it."""
    for history in content.demands:
        text = " ".join([history.demand.text, *(step.sentence for step in history.current)])
        yield ListedPage(history.demand.title, history.demand.get_absolute_url(), text)


def events():
    """Yield the Listed pages of the events that are shown; past ones come last."""
    now = snapshot.current().at
    for event in PledgeContent.current().events:
        text = f"{event.when}. {event.where}. {event.text}"
        place = HitOrder.LAST if event.ends <= now else HitOrder.USUAL
        yield ListedPage(event.title, event.get_absolute_url(), text, place)


def mailings():
    """Yield the news by email that visitors can read."""
    for mailing in MailingContent.current().mailings:
        yield ListedPage(mailing.subject, mailing.get_absolute_url(), mailing.words(get_language()).text)


def organisations(content):
    """Yield the organisations as Listed, each at its entry on their page."""
    path, number = reverse("campaign:organisations"), 0
    for row in content.organisations:
        page = number // PER_PAGE + 1
        if row.role == Organisation.Role.FOUNDER:
            # On every page, above the others.
            page = 1
        else:
            number += 1
        url = f"{path}?page={page}#{row.anchor}" if page > 1 else f"{path}#{row.anchor}"
        yield ListedPage(
            row.name, url, ". ".join(filter(None, [capfirst(row.get_kind_display()), row.place, row.text]))
        )
