"""The movement's name, and passing a link on: words, address, and the links that open WhatsApp, Viber and Facebook with them.

They are plain links: nothing is sent anywhere before a tap. Neither words nor address say who the supporter is.
"""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language, pgettext

# Takes the place of a sector's slug in the address of a picture: neutral words, which do not reveal the sector.
NEUTRAL_SLUG = "1"
BRANDS = {"sq": "#NEJEMI1", "en": "#WEARE1"}


def brand():
    """The hashtag in the active language."""
    return BRANDS[get_language()]


def web_address():
    """The host of SITE_URL, with a port if it has one, without "www.": nejemi1.al."""
    return urlsplit(settings.SITE_URL).netloc.removeprefix("www.")


@dataclass(frozen=True)
class Ways:
    """Words in the active language and the absolute address that follows them; see templates/pledges/signing/ways.html."""

    words: str
    address: str

    @property
    def whatsapp(self):
        return f"https://wa.me/?text={self._text}"

    @property
    def viber(self):
        return f"viber://forward?text={self._text}"

    @property
    def facebook(self):
        """The link that opens Facebook with the address. Facebook takes no words."""
        return f"https://www.facebook.com/sharer/sharer.php?u={quote(self.address, safe='')}"

    @property
    def _text(self):
        return quote(f"{self.words} {self.address}", safe="")


def ways(words, path):
    return Ways(words, settings.SITE_URL + path)


def neutral_ways():
    """The Ways to pass on the friend's page, in words that suit every supporter."""
    return ways(neutral_words(), reverse("pledges:from_a_friend"))


def neutral_words():
    """What supporters of every sector can send with a link."""
    return pgettext("to a friend", "I have pledged to listen to children, believe them and report abuse. Join me:")


def picture_url():
    """The absolute URL of the square picture in neutral words and the active language."""
    return settings.SITE_URL + reverse("pledged_picture", args=[get_language(), "square", NEUTRAL_SLUG])
