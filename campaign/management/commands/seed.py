"""manage.py seed: create the starter content that is missing."""

from django.core.management.base import BaseCommand
from django.db import transaction

import pledges.starter
from campaign import models
from campaign.content import STARTER
from pledges.models import Municipality, Sector, StarterItem
from pledges.starter import load


class Command(BaseCommand):
    help = "Create starter content by stable keys, each item once. What staff changed or deleted stays so."

    @transaction.atomic
    def handle(self, **options):
        written = pledges.starter.write() + sum(_campaign())
        if options["verbosity"]:
            self.stdout.write(f"Starter content: {written} new.")


# Each of these functions yields, for each item, whether it was written now.


def _campaign():
    yield from _items(models.HelpChannel, "channel")
    yield from _items(models.Page, "page")
    yield from _sector_pages()
    yield from _items(models.PageText, "text")
    yield from _demands()
    yield from _items(models.Voice, "voice")
    yield from _items(models.Statistic, "statistic")
    yield from _items(models.Organisation, "organisation")
    yield from _articles()
    yield from _items(models.Term, "term")
    yield from _items(models.Handout, "handout")
    yield from _units()


def _items(model, name):
    has_position = hasattr(model, "position")
    for position, row in enumerate(load(f"{name}s", STARTER), start=1):
        values = row | {"position": position} if has_position else row
        yield StarterItem.create_once(f"{name}:{row['key']}", model.objects.create, **values)


def _sector_pages():
    for row in load("sector-pages", STARTER):
        if sector := Sector.objects.filter(slug=row.pop("sector")).first():
            key = f"sector-{sector.slug}"
            yield StarterItem.create_once(f"page:{key}", models.Page.objects.create, key=key, sector=sector, **row)


def _demands():
    for position, row in enumerate(load("demands", STARTER), start=1):
        steps = row.pop("steps")
        yield StarterItem.create_once(f"demand:{row['key']}", _create_demand, steps=steps, position=position, **row)


def _create_demand(steps, **values):
    demand = models.Demand.objects.create(**values)
    for step in steps:
        models.DemandStep.objects.create(demand=demand, **step)


def _articles():
    for row in load("articles", STARTER):
        yield StarterItem.create_once(f"article:{row.pop('key')}", models.Article.objects.create, **row)


def _units():
    for place in Municipality.objects.filter(protection_unit=None):
        key = f"unit:{place.county_id}:{place.name_sq}"
        yield StarterItem.create_once(key, models.ProtectionUnit.objects.create, municipality=place)
