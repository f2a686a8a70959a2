"""Starter content: counties, sectors with wordings and commitments, message texts, words, ready answers.

Each item has a stable key and is created once. What staff changed or deleted is not restored.
"""

import json
from pathlib import Path

from django.db import models

from pledges.enquiries.alarm import AlarmWord
from pledges.enquiries.models import ReadyAnswer
from pledges.languages import LANGUAGE_CODES
from pledges.mail import content
from pledges.mail.texts import MessageText
from pledges.places.models import County, Municipality
from pledges.sectors.models import Commitment, Sector, Wording
from pledges.wall.models import RefusedWord

FOLDER = Path(__file__).parent


class StarterItem(models.Model):
    """The stable key of an item that was created. The row stays after staff changed or deleted the item."""

    key = models.CharField(max_length=120, primary_key=True)
    created_at = models.DateTimeField(auto_now_add=True)

    @classmethod
    def create_once(cls, key, create, /, **values):
        """Call `create(**values)` if `key` was never created before; returns whether it did."""
        _item, is_new = cls.objects.get_or_create(key=key)
        if is_new:
            create(**values)
        return is_new


def load(name, folder=FOLDER):
    """The parsed content of a starter file, such as "counties"."""
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def write():
    """Create what is missing, once; returns how many items. The caller opens the transaction."""
    return sum(_counties()) + sum(_sectors()) + sum(_others())


# Each of these functions yields, for each item, whether it was written now.


def _counties():
    for row in load("counties"):
        yield StarterItem.create_once(f"county:{row['code']}", _create_county, **row)


def _create_county(municipalities, **values):
    county = County.objects.create(**values)
    for names in municipalities:
        Municipality.objects.create(county=county, **names)


def _sectors():
    yield _wording("consent", kind=Wording.Kind.CONSENT, **load("consent"))
    for position, row in enumerate(load("sectors"), start=1):
        slug, commitments = row["slug"], row.pop("commitments")
        words = {f"text_{language}": row.pop(f"words_{language}", "") for language in LANGUAGE_CODES}
        yield StarterItem.create_once(f"sector:{slug}", Sector.objects.create, position=position, **row)
        # None if staff deleted the sector.
        sector = Sector.objects.filter(slug=slug).first()
        # Children sign no text: they are a number in a group pledge.
        if sector is not None and all(words.values()):
            yield _wording(slug, kind=Wording.Kind.PLEDGE, sector=sector, **words)
            for number, commitment in enumerate(commitments, start=1):
                key = f"commitment:{commitment['key']}"
                yield StarterItem.create_once(
                    key, Commitment.objects.create, sector=sector, position=number, **commitment
                )


def _wording(key, **values):
    return StarterItem.create_once(f"wording:{key}", Wording.objects.create, **values)


def _others():
    for kind, words in content.starter().items():
        yield StarterItem.create_once(f"message:{kind}", MessageText.objects.create, kind=kind, **words)
    for word in load("refused-words"):
        yield StarterItem.create_once(f"refused:{word}", RefusedWord.objects.create, word=word)
    for words in load("alarm-words"):
        yield StarterItem.create_once(f"alarm:{words}", AlarmWord.objects.get_or_create, words=words)
    for row in load("ready-answers"):
        yield StarterItem.create_once(f"ready:{row['key']}", ReadyAnswer.objects.create, **row)
