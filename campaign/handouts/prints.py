"""The PDFs that everyone may print, by name and in the active language, and the pictures that show them on the site.

Equal words are drawn once in a process. The page of the materials draws nothing.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language, pgettext

from campaign.content import SiteContent
from campaign.handouts import drawings, posters, raster
from campaign.handouts.models import Handout
from pledges.serving.pages import release

# The key of the help channel that a child can call.
HELPLINE = "alo-116111"
# The dots of the sheet that shows what the sheet of a group looks like.
EXAMPLE_DOTS = 27
# The width of the pictures in pixels: one and a half times that of their place on a wide page.
WIDTH = 300
DIGEST_LETTERS = 16

Key = Handout.Key
# {name of the file: (words, size of the paper)}
PRINTS = {
    "poster-a4": (Key.POSTER, "A4"),
    "poster-a3": (Key.POSTER, "A3"),
    "leaflet": (Key.LEAFLET, "A4"),
    "wall-a4": (Key.WALL, "A4"),
    "wall-a3": (Key.WALL, "A3"),
    "lesson": (Key.LESSON, "A4"),
    "letter-mayor": (Key.MAYOR, "A4"),
    "letter-headteacher": (Key.HEADTEACHER, "A4"),
}
# Shown as a picture only: what a group gets behind its link.
EXAMPLES = {"sheet": (Key.SHEET, "A4")}


@dataclass(frozen=True)
class PrintWords:
    """What a drawing reads of a Handout."""

    title: str
    text: str


def pdf(name):
    """The bytes of a PDF in the active language; None for an unknown name, and for words that are not shown."""
    inputs = _inputs(name)
    return inputs and _drawn(settings.SITE_URL, get_language(), *inputs)


def is_shown(name):
    """Whether there is a PDF of this name. It draws nothing."""
    return _inputs(name) is not None


def digest(name):
    """What the address of the picture of a PDF names: it changes with everything that is drawn. It draws nothing."""
    drawing, *inputs = _inputs(name)
    text = repr((release(), get_language(), drawing.__qualname__, inputs))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LETTERS]


def _inputs(name):
    """(function, what it draws) of a PDF in the active language, or None."""
    content = SiteContent.current()
    key, size = PRINTS.get(name) or EXAMPLES.get(name) or (None, "")
    handout = content.handouts.get(key)
    if handout is None or not handout.is_shown:
        return None
    drawing, *details = _drawing(key, size, content)
    return drawing, PrintWords(handout.title, handout.text), *details


def _drawing(key, size, content):
    """(function, what it is given after the words) for a handout on this paper."""
    match key:
        case Key.POSTER:
            return posters.child_poster, helpline(content), _page_path(content, "child"), size
        case Key.LEAFLET:
            calls = tuple(
                (channel.number, " ".join(filter(None, [f"{channel.name}.", channel.text])))
                for channel in content.channels
                if channel.in_strip
            )
            return posters.leaflet, calls, promises(content), reverse("campaign:help")
        case Key.WALL:
            return drawings.wall, promises(content), helpline(content), size
        case Key.LESSON:
            return drawings.lesson, size
        case Key.SHEET:
            return _example_sheet, size
        case Key.MAYOR:
            labels = _place_and_day(), pgettext("on a letter", "Municipality of")
            return posters.letter, labels, _page_path(content, "sector-officials")
        case Key.HEADTEACHER:
            labels = _place_and_day(), pgettext("on a letter", "School")
            return posters.letter, labels, reverse("pledges:group")


@lru_cache(maxsize=100)
def _drawn(_site, language, drawing, *inputs):
    with translation.override(language):
        return drawing(*inputs)


def _example_sheet(words, size):
    return drawings.sheet(words, SimpleNamespace(total_counted=EXAMPLE_DOTS, title=""), size)


def _place_and_day():
    return pgettext("on a letter", "Place and date")


def _page_path(content, key):
    """The path of a content page; of the home page if it is not published."""
    page = content.page_by_key.get(key)
    return page.get_absolute_url() if page else reverse("campaign:home")


def helpline(content):
    """The number that a child can call, "" for none."""
    return next((channel.number for channel in content.channels if channel.key == HELPLINE), "")


def promises(content):
    """((promise, what it means), …) in the active language."""
    texts = content.texts[get_language()]
    return tuple((texts[f"vow_{n}"], texts[f"vow_{n}_text"]) for n in (1, 2, 3))


@lru_cache(maxsize=100)
def preview(data):
    """The first page of a PDF as a WebP picture, WIDTH pixels wide."""
    return raster.first_page(data, WIDTH)
