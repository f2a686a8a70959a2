"""Starter content: texts in fixed places, help channels, pages, news, demands, voices, statistics, partners, terms.

Each item has a stable key and is created once. What staff changed or deleted is not restored.
"""

import re
from pathlib import Path

from django.urls import reverse
from django.utils import translation

from campaign.models import Article, Demand, HelpChannel, Page, PageText, Partner, Statistic, Term, Voice
from pledges.languages import LANGUAGE_CODES
from pledges.models import Sector, StarterItem
from pledges.starter import load

FOLDER = Path(__file__).parent

# Names that a text may use as {{ url:help }}, and the URL name of their view. Any other name is the key of a page.
VIEW_NAMES = {
    "help": "campaign:help",
    "privacy": "campaign:privacy",
    "sign": "pledges:sign",
    "totals": "pledges:totals",
    "my_pledge": "pledges:my_pledge",
}


def create_missing():
    """Create all items that were never created before; returns how many. The caller opens the transaction."""
    created = sum(_items(HelpChannel, "channel", "channels"))
    created += sum(_pages())
    created += sum(_sector_pages())
    created += sum(_items(PageText, "text", "texts"))
    created += sum(_items(Demand, "demand", "demands"))
    created += sum(_items(Voice, "voice", "voices"))
    created += sum(_items(Statistic, "statistic", "statistics"))
    created += sum(_items(Partner, "partner", "partners"))
    created += sum(_articles())
    created += sum(_terms())
    return created


# Each of these functions yields, for each item, whether it was created now.


def _items(model, prefix, file):
    for position, row in enumerate(load(file, FOLDER), start=1):
        yield StarterItem.create_once(f"{prefix}:{row['key']}", model.objects.create, position=position, **row)


def _pages():
    for row in load("pages", FOLDER):
        yield StarterItem.create_once(f"page:{row['key']}", _publish, model=Page, **row)


def _sector_pages():
    for row in load("sector-pages", FOLDER):
        sector = Sector.objects.filter(slug=row.pop("sector")).first()
        if sector is not None:
            key = f"sector-{sector.slug}"
            yield StarterItem.create_once(f"page:{key}", _publish, model=Page, key=key, sector=sector, **row)


def _articles():
    for row in load("articles", FOLDER):
        key = row.pop("key")
        yield StarterItem.create_once(f"article:{key}", _publish, model=Article, **row)


def _terms():
    for row in load("terms", FOLDER):
        yield StarterItem.create_once(f"term:{row['key']}", Term.objects.create, **row)


def _publish(model, **values):
    pages = {page["key"]: page for page in load("pages", FOLDER)}
    for language in LANGUAGE_CODES:
        values[f"body_{language}"] = _resolve_urls(values[f"body_{language}"], language, pages)
    model.objects.create(state=model.State.PUBLISHED, **values)


def _resolve_urls(html, language, pages):
    """Replace each {{ url:NAME }} by the URL path of the view or page in this language. `pages` is {key: starter page}."""

    def url(match):
        name = match[1]
        with translation.override(language):
            if name in VIEW_NAMES:
                return reverse(VIEW_NAMES[name])
            return reverse("pages:page", args=[pages[name][f"slug_{language}"]])

    return re.sub(r"\{\{ ?url:(\w+) ?\}\}", url, html)
