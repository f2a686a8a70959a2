"""The three sentences that every pledge has in common."""

from functools import cache

from django.utils.translation import get_language

from pledges.starter import load


@cache
def _rows():
    return load("vows")


def vows():
    """The vows in the present language: dictionaries with `title` ("I listen.") and `text`."""
    language = get_language()
    return [{"title": row[f"title_{language}"], "text": row[f"text_{language}"]} for row in _rows()]
