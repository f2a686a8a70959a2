"""Starter content: texts in fixed places, help channels, pages, news, demands, voices, statistics, organisations, terms,
handouts, and one child protection unit for each municipality, of which nothing is known.

Each item has a stable key and is created once. What staff changed or deleted is not restored.
"""

import re

from django.urls import reverse
from django.utils import translation

from campaign import richtext
from campaign.content import STARTER
from campaign.demands.models import Demand
from campaign.demands.steps import DemandStep
from campaign.handouts.models import Handout
from campaign.help.models import HelpChannel
from campaign.help.units import ProtectionUnit
from campaign.news.models import Article
from campaign.organisations.models import Organisation
from campaign.pages.models import Page
from campaign.publishing.records import Statistic
from campaign.terms.models import Term
from campaign.texts.models import PageText
from campaign.voices.models import Voice
from pledges.languages import LANGUAGE_CODES
from pledges.models import Municipality, Sector, StarterItem
from pledges.starter import load

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
    """Create what is missing, once; returns how many items. The caller opens the transaction."""
    written = sum(_items(HelpChannel, "channel", "channels"))
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


def _items(model, prefix, file):
    for position, row in enumerate(load(file, STARTER), start=1):
        yield StarterItem.create_once(f"{prefix}:{row['key']}", model.objects.create, position=position, **row)


def _demands():
    for position, row in enumerate(load("demands", STARTER), start=1):
        steps = row.pop("steps")
        yield StarterItem.create_once(f"demand:{row['key']}", _create_demand, steps=steps, position=position, **row)


def _create_demand(steps, **values):
    demand = Demand.objects.create(**values)
    for step in steps:
        DemandStep.objects.create(demand=demand, **step)


def _pages():
    for row in load("pages", STARTER):
        yield _publish(f"page:{row['key']}", Page, **row)


def _sector_pages():
    for row in load("sector-pages", STARTER):
        sector = Sector.objects.filter(slug=row.pop("sector")).first()
        if sector is not None:
            key = f"sector-{sector.slug}"
            yield _publish(f"page:{key}", Page, key=key, sector=sector, **row)


def _articles():
    for row in load("articles", STARTER):
        yield _publish(f"article:{row.pop('key')}", Article, **row)


def _by_key(model, prefix, file):
    for row in load(file, STARTER):
        yield StarterItem.create_once(f"{prefix}:{row['key']}", model.objects.create, **row)


def _units():
    for place in Municipality.objects.filter(protection_unit=None):
        key = f"unit:{place.county_id}:{place.name_sq}"
        yield StarterItem.create_once(key, ProtectionUnit.objects.create, municipality=place)


def _publish(item, model, /, **values):
    pages = {page["key"]: page for page in load("pages", STARTER)}
    for language in LANGUAGE_CODES:
        values[f"body_{language}"] = richtext.clean(_resolve_urls(values[f"body_{language}"], language, pages))
    return StarterItem.create_once(item, model.objects.create, **values)


def _resolve_urls(html, language, pages):
    """Replace each {{ url:NAME }} by the URL path of the view or page in this language. `pages` is {key: starter page}."""

    def url(match):
        name = match[1]
        with translation.override(language):
            if name in VIEW_NAMES:
                return reverse(VIEW_NAMES[name])
            return reverse("pages:page", args=[pages[name][f"slug_{language}"]])

    return re.sub(r"\{\{ ?url:(\w+) ?\}\}", url, html)
