"""The public pages by name and text: what the search finds, and what editors link to."""

from dataclasses import dataclass

from django.db import models
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _

from campaign.content import SiteContent
from campaign.organisations.models import PER_PAGE, Organisation
from pledges.content import PledgeContent
from pledges.fixed_pages import fixed_pages
from pledges.mailings.models import MailingContent
from pledges.serving import snapshot
from staff.spelling import without_accents

# Where the search lists a page; within one place the rank decides. The help page is first: the visitor may be in need of help.
# What is over is last.
FIRST, USUAL, LAST = range(3)


class Kind(models.TextChoices):
    """What a page is, in the order of the list for editors."""

    PAGE = "page", _("page")
    GROUP = "group", _("page of a group")
    FIXED = "fixed", _("fixed page")
    DEMAND = "demand", _("demand")
    NEWS = "news", _("article")
    EVENT = "event", _("event")
    ORGANISATION = "organisation", _("organisation")


@dataclass(frozen=True)
class ListedPage:
    """A public page in the active language. `url` is its path, `text` plain and `body` rich text."""

    kind: Kind
    title: str
    url: str
    text: str = ""
    place: int = USUAL
    body: str = ""


def every():
    """Yield all pages that have a name."""
    content, pledge_content = SiteContent.current(), PledgeContent.current()
    for page in content.pages:
        kind = Kind.GROUP if page.sector_id else Kind.PAGE
        yield ListedPage(kind, page.title, page.get_absolute_url(), page.lead, body=page.body)
    texts = content.texts[get_language()]
    for page in fixed_pages().values():
        if page.title:
            text = " ".join([*(texts[key] for key in page.texts), str(page.summary)]).strip()
            place = FIRST if page.name == "campaign:help" else USUAL
            yield ListedPage(Kind.FIXED, str(page.title), page.get_absolute_url(), text, place)
    for county in pledge_content.counties_with_page:
        title, text = gettext("We are %(county)s"), f"{county.name}. {county.full_name}."
        yield ListedPage(Kind.FIXED, title % {"county": county.definite_name}, county.get_absolute_url(), text)
    for demand in content.demands:
        text = " ".join([demand.text, *(step.sentence for step in demand.current)])
        yield ListedPage(Kind.DEMAND, demand.title, demand.get_absolute_url(), text)
    for article in content.articles:
        yield ListedPage(Kind.NEWS, article.title, article.get_absolute_url(), article.lead, body=article.body)
    for mailing in MailingContent.current().mailings:
        text = mailing.words(get_language()).text
        yield ListedPage(Kind.NEWS, mailing.subject, mailing.get_absolute_url(), text)
    now = snapshot.current().at
    for event in pledge_content.events:
        text = f"{event.when}. {event.where}. {event.text}"
        place = LAST if event.ends <= now else USUAL
        yield ListedPage(Kind.EVENT, event.title, event.get_absolute_url(), text, place)
    yield from _organisations(content.organisations)


def _organisations(rows):
    """Each organisation at its entry on their page."""
    path, number = reverse("campaign:organisations"), 0
    for row in rows:
        page = number // PER_PAGE + 1
        if row.role == Organisation.Role.FOUNDER:
            # On every page, above the others.
            page = 1
        else:
            number += 1
        url = f"{path}?page={page}#{row.anchor}" if page > 1 else f"{path}#{row.anchor}"
        text = ". ".join(filter(None, [capfirst(row.get_kind_display()), row.place, row.text]))
        yield ListedPage(Kind.ORGANISATION, row.name, url, text)


def find(words, language):
    """The pages in a language whose name has all words, accents aside; those whose name begins with them come first.

    Among these and among the others, they are in the order of Kind.
    """
    wanted, kinds = without_accents(words), list(Kind)
    with override(language):
        named = [(without_accents(page.title), page) for page in every()]
    found = [(name, page) for name, page in named if all(word in name for word in wanted.split())]
    found.sort(key=lambda each: (not each[0].startswith(wanted.strip()), kinds.index(each[1].kind)))
    return [page for _name, page in found]
