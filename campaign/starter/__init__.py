"""Starter content staff own from then on: words in fixed places, pages, news, help channels and the short pieces pages show."""

import re
from pathlib import Path

from django.urls import reverse
from django.utils import translation

from campaign.models import Article, Demand, HelpChannel, Page, PageText, Partner, Statistic, Term, Voice
from pledges.models import Sector, StarterItem
from pledges.starter import load

FOLDER = Path(__file__).parent

# Addresses of the code that a text may name as {{ url:help }}; every other name is the key of a page.
FIXED = {"help": "campaign:help", "sign": "pledges:sign", "totals": "pledges:totals", "my_pledge": "pledges:my_pledge"}


def create_missing():
    """Create what was never created before; returns how many pieces that were."""
    made = sum(_pieces(HelpChannel, "channel", "channels"))
    made += sum(_pages())
    made += sum(_sector_pages())
    for model, name, file in (
        (PageText, "text", "texts"),
        (Demand, "demand", "demands"),
        (Voice, "voice", "voices"),
        (Statistic, "statistic", "statistics"),
        (Partner, "partner", "partners"),
    ):
        made += sum(_pieces(model, name, file))
    return made + sum(_articles()) + sum(_terms())


def _pieces(model, name, file):
    for position, row in enumerate(load(file, FOLDER), start=1):
        yield StarterItem.create_once(
            f"{name}:{row['key']}", lambda row=row, n=position: model.objects.create(position=n, **row)
        )


def _pages():
    rows = load("pages", FOLDER)
    slugs = {row["key"]: row for row in rows}
    for row in rows:
        yield StarterItem.create_once(f"page:{row['key']}", lambda row=row: _publish(Page, row, slugs))


def _sector_pages():
    slugs = {row["key"]: row for row in load("pages", FOLDER)}
    for row in load("sector-pages", FOLDER):
        sector = Sector.objects.filter(slug=row.pop("sector")).first()
        if sector is not None:
            values = {"key": f"sector-{sector.slug}", "sector": sector, **row}
            yield StarterItem.create_once(f"page:{values['key']}", lambda v=values: _publish(Page, v, slugs))


def _articles():
    slugs = {row["key"]: row for row in load("pages", FOLDER)}
    for row in load("articles", FOLDER):
        key = row.pop("key")
        yield StarterItem.create_once(f"article:{key}", lambda row=row: _publish(Article, row, slugs))


def _terms():
    for row in load("terms", FOLDER):
        yield StarterItem.create_once(f"term:{row['key']}", lambda row=row: Term.objects.create(**row))


def _publish(model, row, slugs):
    values = dict(row)
    for language in ("sq", "en"):
        values[f"body_{language}"] = _linked(values[f"body_{language}"], language, slugs)
    model.objects.create(state=model.State.PUBLISHED, **values)


def _linked(html, language, slugs):
    """The text with each {{ url:KEY }} replaced by the address it has in this language."""

    def address(match):
        key = match[1]
        with translation.override(language):
            if key in FIXED:
                return reverse(FIXED[key])
            if key == "privacy":
                return reverse("campaign:privacy")
            return reverse("pages:page", args=[slugs[key][f"slug_{language}"]])

    return re.sub(r"\{\{ ?url:(\w+) ?\}\}", address, html)
