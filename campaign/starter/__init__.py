"""Starter content: texts in fixed places, help channels, pages, news, demands, voices, statistics, organisations, terms,
handouts, and one child protection unit for each municipality, of which nothing is known.

Each item has a stable key and is created once. What staff changed or deleted is not restored.
"""

from campaign.content import STARTER
from campaign.demands.models import Demand, DemandStep
from campaign.handouts.models import Handout
from campaign.help.models import HelpChannel, ProtectionUnit
from campaign.news.models import Article
from campaign.organisations.models import Organisation
from campaign.pages.models import Page
from campaign.publishing.models import Statistic
from campaign.terms.models import Term
from campaign.texts.models import PageText
from campaign.voices.models import Voice
from pledges.models import Municipality, Sector, StarterItem
from pledges.starter import load


def write():
    """Create what is missing, once; returns how many items. The caller opens the transaction."""
    items = [
        *_items(HelpChannel, "channel"),
        *_items(Page, "page"),
        *_sector_pages(),
        *_items(PageText, "text"),
        *_demands(),
        *_items(Voice, "voice"),
        *_items(Statistic, "statistic"),
        *_items(Organisation, "organisation"),
        *_articles(),
        *_items(Term, "term"),
        *_items(Handout, "handout"),
        *_units(),
    ]
    return sum(items)


# Each of these functions yields, for each item, whether it was written now.


def _items(model, name):
    has_position = hasattr(model, "position")
    for position, row in enumerate(load(f"{name}s", STARTER), start=1):
        values = row | {"position": position} if has_position else row
        yield StarterItem.create_once(f"{name}:{row['key']}", model.objects.create, **values)


def _sector_pages():
    for row in load("sector-pages", STARTER):
        if sector := Sector.objects.filter(slug=row.pop("sector")).first():
            key = f"sector-{sector.slug}"
            yield StarterItem.create_once(f"page:{key}", Page.objects.create, key=key, sector=sector, **row)


def _demands():
    for position, row in enumerate(load("demands", STARTER), start=1):
        steps = row.pop("steps")
        yield StarterItem.create_once(f"demand:{row['key']}", _create_demand, steps=steps, position=position, **row)


def _create_demand(steps, **values):
    demand = Demand.objects.create(**values)
    for step in steps:
        DemandStep.objects.create(demand=demand, **step)


def _articles():
    for row in load("articles", STARTER):
        yield StarterItem.create_once(f"article:{row.pop('key')}", Article.objects.create, **row)


def _units():
    for place in Municipality.objects.filter(protection_unit=None):
        key = f"unit:{place.county_id}:{place.name_sq}"
        yield StarterItem.create_once(key, ProtectionUnit.objects.create, municipality=place)
