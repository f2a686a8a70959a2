"""Pages without a search column, which campaign/search.py finds by title and text: events, news by email, organisations."""

from dataclasses import dataclass
from enum import IntEnum

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language

from campaign.models import Organisation
from campaign.models.organisations import PER_PAGE
from pledges import snapshot
from pledges.content import PledgeContent


class Place(IntEnum):
    """Where a hit is listed. Within one place the rank decides."""

    # The help page: the visitor may be in need of help.
    FIRST = 0
    USUAL = 1
    # What is over.
    LAST = 2


@dataclass(frozen=True)
class Listed:
    """A page without a search column, in the active language. `url` is its path, `text` plain text."""

    title: str
    url: str
    text: str
    place: Place = Place.USUAL


def events():
    """Yield the Listed pages of the events that are shown; past ones come last."""
    now = snapshot.current().at
    for event in PledgeContent.current().events:
        text = f"{event.when}. {event.where}. {event.text}"
        place = Place.LAST if event.ends <= now else Place.USUAL
        yield Listed(event.title, event.get_absolute_url(), text, place)


def mailings():
    """Yield the news by email that visitors can read."""
    for mailing in PledgeContent.current().mailings:
        yield Listed(mailing.subject, mailing.get_absolute_url(), mailing.words(get_language()).text)


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
        yield Listed(row.name, url, ". ".join(filter(None, [capfirst(row.get_kind_display()), row.place, row.text])))
