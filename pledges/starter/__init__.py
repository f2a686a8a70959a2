"""Starter content of the core: places, sectors with their words and commitments, provider rules, messages, refused words.

Each piece is created once by its stable key; what staff changed or deleted is never brought back.
"""

import json
from pathlib import Path

from pledges.mail import content
from pledges.models import (
    Commitment,
    County,
    MessageText,
    Municipality,
    ProviderRule,
    RefusedWord,
    Sector,
    StarterItem,
    Wording,
)

FOLDER = Path(__file__).parent


def load(name, folder=FOLDER):
    """The content of one starter file."""
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def plant():
    """Create what was never created before; returns how many pieces that were."""
    return sum(_places()) + sum(_sectors()) + sum(_provider_rules()) + sum(_message_texts()) + sum(_refused_words())


def _places():
    for row in load("counties"):

        def create(row=row):
            county = County.objects.create(
                code=row["iso"],
                name_sq=row["name_sq"],
                name_en=row["name_en"],
                full_name_sq=row["full_sq"],
                full_name_en=row["full_en"],
                population=row["population_census_2023"],
            )
            for town in row["municipalities"]:
                Municipality.objects.create(county=county, name_sq=town["name_sq"], name_en=town["name_en"])

        yield StarterItem.plant(f"county:{row['iso']}", create)
    yield StarterItem.plant(
        "county:abroad",
        lambda: County.objects.create(
            code=County.ABROAD,
            name_sq="Jashtë Shqipërisë",
            name_en="Outside Albania",
            full_name_sq="Jashtë Shqipërisë",
            full_name_en="Outside Albania",
        ),
    )


def _sectors():
    consent = load("consent")
    yield StarterItem.plant("wording:consent", lambda: Wording.objects.create(kind=Wording.Kind.CONSENT, **consent))
    for position, row in enumerate(load("sectors"), start=1):
        words = {"text_sq": row.pop("words_sq"), "text_en": row.pop("words_en")}
        commitments = row.pop("commitments")

        def create(row=row, words=words, position=position):
            sector = Sector.objects.create(position=position, **row)
            Wording.objects.create(kind=Wording.Kind.PLEDGE, sector=sector, **words)

        yield StarterItem.plant(f"sector:{row['slug']}", create)
        sector = Sector.objects.filter(slug=row["slug"]).first()
        for number, commitment in enumerate(commitments, start=1):
            if sector is not None:
                yield StarterItem.plant(
                    f"commitment:{commitment['key']}",
                    lambda c=commitment, n=number, s=sector: Commitment.objects.create(sector=s, position=n, **c),
                )


def _provider_rules():
    for row in load("providers"):
        yield StarterItem.plant(f"provider:{row['domain']}", lambda row=row: ProviderRule.objects.create(**row))


def _message_texts():
    for kind, words in content.starter().items():
        yield StarterItem.plant(
            f"message:{kind}", lambda kind=kind, words=words: MessageText.objects.create(kind=kind, **words)
        )


def _refused_words():
    for word in load("refused-words"):
        yield StarterItem.plant(f"refused:{word}", lambda word=word: RefusedWord.objects.create(word=word))
