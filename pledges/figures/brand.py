"""The movement's name as a hashtag."""

from django.utils.translation import get_language

BRANDS = {"sq": "#NEJEMI1", "en": "#WEARE1"}


def brand():
    """The hashtag in the active language."""
    return BRANDS[get_language()]
