"""The movement's name as a hashtag, the site's address as people say it, and the colours of pictures and prints."""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import get_language

# Those of the light scheme in static/css/tokens.css.
COLORS = {
    **{"ground": "#ffe3c4", "ink": "#1b1f3b", "quiet": "#4b4f6c", "empty": "#f8d1a3", "line": "#dcbf9d"},
    # On pictures to share: links and counties, and the places of other sectors beside those of one sector.
    **{"link": "#2a3bb7", "other": "#e0a86b"},
    # The palette of the sectors, "s1" to "s12".
    "sectors": "#3f3ccb #c5640d #338b7e #93327a #16245c #565500 #9d63f5 #5e1208 #004848 #4e0090 #7067b0 #36002a".split(),
    # Counties on the map, "q0" (no people) to "q5".
    "shades": "#efe6da #d3daf5 #a3afe8 #7f8bdd #3d4dbe #1f2a86".split(),
}
BRANDS = {"sq": "#NEJEMI1", "en": "#WEARE1"}


def brand():
    """The hashtag in the active language."""
    return BRANDS[get_language()]


def web_address():
    """The host of SITE_URL, with a port if it has one, without "www.": nejemi1.al."""
    return urlsplit(settings.SITE_URL).netloc.removeprefix("www.")
