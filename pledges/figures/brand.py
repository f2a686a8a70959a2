"""The movement's name as a hashtag, and the site's address as people say it."""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import get_language

BRANDS = {"sq": "#NEJEMI1", "en": "#WEARE1"}


def brand():
    """The hashtag in the active language."""
    return BRANDS[get_language()]


def web_address():
    """The host of SITE_URL, with a port if it has one, without "www.": nejemi1.al."""
    return urlsplit(settings.SITE_URL).netloc.removeprefix("www.")
