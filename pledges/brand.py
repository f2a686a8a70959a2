"""The movement's name as a tag."""

from django.utils.translation import get_language

BRANDS = {"sq": "#NEJEMI1", "en": "#WEARE1"}


def brand(language=None):
    """The tag in a language; in the present one unless another is given."""
    return BRANDS[language or get_language()]
