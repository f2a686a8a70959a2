"""The words that stand in fixed places, as templates want them: by key, in one language."""

from campaign.models import PageText
from campaign.starter import FOLDER
from pledges.languages import LANGUAGE_CODES
from pledges.starter import load


def read():
    """{language: {key: words}} as staff wrote them; where nothing is kept yet, the starter's."""
    return _by_language([*load("texts", FOLDER), *PageText.objects.values("key", "text_sq", "text_en")])


def starter():
    """The same without a database."""
    return _by_language(load("texts", FOLDER))


def _by_language(rows):
    return {language: {row["key"]: row[f"text_{language}"] for row in rows} for language in LANGUAGE_CODES}
