"""The movement's name as a tag."""

from django.utils.translation import get_language

BRANDS = {"sq": "#NEJEMI1", "en": "#WEARE1"}


def brand():
    """The tag in the present language."""
    return BRANDS[get_language()]
