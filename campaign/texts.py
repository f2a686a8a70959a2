"""Texts in fixed places of the site, by language and key, as templates use them."""

from campaign.models import PageText
from campaign.starter import FOLDER
from pledges.languages import LANGUAGE_CODES
from pledges.starter import load


def read(numbers):
    """Return {language: {key: text}} from the database; a text that is not there yet is the starter text."""
    return _by_language([*load("texts", FOLDER), *PageText.objects.values("key", "text_sq", "text_en")], numbers)


def starter(numbers):
    """Return {language: {key: text}} of the starter texts, without a query."""
    return _by_language(load("texts", FOLDER), numbers)


def _by_language(rows, numbers):
    return {
        language: {row["key"]: numbers.fill(row[f"text_{language}"]) for row in rows} for language in LANGUAGE_CODES
    }
