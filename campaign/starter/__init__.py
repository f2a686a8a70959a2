"""Starter content: texts in fixed places, help channels, pages, news, demands, voices, statistics, organisations, terms,
handouts, and one child protection unit for each municipality, of which nothing is known.

Each item has a stable key and is created once. What staff changed or deleted is not restored; what they left alone follows its
corrections.
"""

import re
from pathlib import Path

from django.urls import reverse
from django.utils import translation

from campaign import richtext
from campaign.models import (
    Article,
    Demand,
    DemandStep,
    Handout,
    HelpChannel,
    Organisation,
    Page,
    PageText,
    ProtectionUnit,
    Statistic,
    Term,
    Voice,
)
from pledges.languages import LANGUAGE_CODES
from pledges.models import Municipality, Sector, StarterItem
from pledges.models.starter import digests
from pledges.starter import load

FOLDER = Path(__file__).parent

# Names that a text may use as {{ url:help }}, and the URL name of their view. Any other name is the key of a page.
VIEW_NAMES = {
    "help": "campaign:help",
    "units": "campaign:units",
    "privacy": "campaign:privacy",
    "contact": "campaign:contact",
    "contact_press": "pledges:enquiry_press",
    "contact_data": "pledges:enquiry_data",
    "contact_site": "pledges:enquiry_site",
    "sign": "pledges:sign",
    "group": "pledges:group",
    "join": "pledges:join",
    "organisations": "campaign:organisations",
    "totals": "pledges:totals",
    "my_pledge": "pledges:my_pledge",
}


def write():
    """Create what is new and correct what staff left alone; returns how many items. The caller opens the transaction."""
    # A channel or demand that staff verified is theirs: a corrected number or state would carry the date of another one.
    written = sum(_items(HelpChannel, "channel", "channels", verified_on=None))
    written += sum(_pages())
    written += sum(_sector_pages())
    written += sum(_items(PageText, "text", "texts"))
    written += sum(_demands())
    written += sum(_items(Voice, "voice", "voices"))
    written += sum(_items(Statistic, "statistic", "statistics"))
    written += sum(_items(Organisation, "partner", "organisations"))
    written += sum(_articles())
    written += sum(_by_key(Term, "term", "terms"))
    written += sum(_by_key(Handout, "handout", "handouts"))
    written += sum(_units())
    return written


# Each of these functions yields, for each item, whether it was written now.


def _items(model, prefix, file, **values):
    for position, row in enumerate(load(file, FOLDER), start=1):
        rows = model.objects.filter(key=row["key"])
        yield StarterItem.follow(f"{prefix}:{row['key']}", rows, position=position, **values, **row)


def _demands():
    """Demands follow their corrections; their steps, which never change, are created once."""
    for position, row in enumerate(load("demands", FOLDER), start=1):
        item, steps = f"demand:{row['key']}", row.pop("steps")
        values = {"position": position, "checked_on": None, **row}
        yield StarterItem.follow(item, Demand.objects.filter(key=row["key"]), **values)
        demand = Demand.objects.filter(key=row["key"]).first()
        if demand and digests(demand, values) == StarterItem.objects.get(pk=item).written:
            for step in steps:
                key = f"step:{row['key']}:{step['date']}"
                yield StarterItem.create_once(key, DemandStep.objects.create, demand=demand, **step)


def _pages():
    for row in load("pages", FOLDER):
        yield _publish(f"page:{row['key']}", Page.objects.filter(key=row["key"]), **row)


def _sector_pages():
    for row in load("sector-pages", FOLDER):
        sector = Sector.objects.filter(slug=row.pop("sector")).first()
        if sector is not None:
            key = f"sector-{sector.slug}"
            yield _publish(f"page:{key}", Page.objects.filter(key=key), key=key, sector=sector, **row)


def _articles():
    for row in load("articles", FOLDER):
        key = row.pop("key")
        # Articles have no key. One with another address was changed by staff.
        yield _publish(f"article:{key}", Article.objects.filter(slug_sq=row["slug_sq"]), **row)


def _by_key(model, prefix, file):
    for row in load(file, FOLDER):
        yield StarterItem.follow(f"{prefix}:{row['key']}", model.objects.filter(key=row["key"]), **row)


def _units():
    for place in Municipality.objects.filter(protection_unit=None):
        key = f"unit:{place.county_id}:{place.name_sq}"
        yield StarterItem.create_once(key, ProtectionUnit.objects.create, municipality=place)


def _publish(item, rows, /, **values):
    pages = {page["key"]: page for page in load("pages", FOLDER)}
    for language in LANGUAGE_CODES:
        # As it is saved, so that it can be compared with the row.
        values[f"body_{language}"] = richtext.clean(_resolve_urls(values[f"body_{language}"], language, pages))
    return StarterItem.follow(item, rows, state=rows.model.State.PUBLISHED, **values)


def _resolve_urls(html, language, pages):
    """Replace each {{ url:NAME }} by the URL path of the view or page in this language. `pages` is {key: starter page}."""

    def url(match):
        name = match[1]
        with translation.override(language):
            if name in VIEW_NAMES:
                return reverse(VIEW_NAMES[name])
            return reverse("pages:page", args=[pages[name][f"slug_{language}"]])

    return re.sub(r"\{\{ ?url:(\w+) ?\}\}", url, html)
