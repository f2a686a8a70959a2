"""The PDFs that everyone may print, by name and in the active language, and the pictures that show them on the site.

Equal words are drawn once in a process. The page of the materials draws nothing.
"""

import hashlib
import json
import threading
from functools import lru_cache
from io import BytesIO

import pypdfium2
from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext, pgettext

from campaign.content import SiteContent
from campaign.handouts.models import Handout
from campaign.handouts.places import places
from pledges.figures.rendering import typeset
from pledges.numbers import number
from pledges.serving.http import release

# The key of the help channel that a child can call.
HELPLINE = "alo-116111"
# The dots of the sheet that shows what the sheet of a group looks like.
EXAMPLE_DOTS = 27
# Those of the 1 on posters.
DOTS = 100
# The width of the pictures in pixels: one and a half times that of their place on a wide page.
WIDTH = 300
# Of a picture of a page, in its width: a page may be a narrow strip.
MAX_HEIGHT = 3
DIGEST_LETTERS = 16
# PDFium must not be called by two threads.
_drawing = threading.Lock()

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


def pdf(name):
    """The bytes of a PDF in the active language; None for an unknown name, and for words that are not shown."""
    found = _words(name)
    return found and _typeset(get_language(), *found)


def is_shown(name):
    """Whether there is a PDF of this name. It draws nothing."""
    return _words(name) is not None


def digest(name):
    """What the address of the picture of a PDF names: it changes with everything that is drawn. It draws nothing."""
    text = repr((release(), get_language(), *_words(name)))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LETTERS]


def _words(name):
    """(template, what it reads as JSON) of a PDF in the active language, or None."""
    content = SiteContent.current()
    key, size = PRINTS.get(name) or EXAMPLES.get(name) or (None, "")
    handout = content.handouts.get(key)
    if handout is None or not handout.is_shown:
        return None
    template, path, words = _details(key, content)
    words = {"link": settings.SITE_URL + path, "size": size, "numeral": numeral(DOTS), **words}
    return template, json.dumps({"title": handout.title, "text": handout.text, **words})


def _details(key, content):
    """(template, path that its QR code opens, what else it reads) of a handout."""
    helps = {"helpline": helpline(content), "promises": promises(content)}
    match key:
        case Key.POSTER:
            return "poster", _page_path(content, "child"), helps
        case Key.LEAFLET:
            calls = [
                (channel.number, " ".join(filter(None, [f"{channel.name}.", channel.text])))
                for channel in content.channels
                if channel.in_strip
            ]
            return "leaflet", reverse("campaign:help"), {"calls": calls, **helps}
        case Key.WALL:
            return "wall", reverse("campaign:help"), helps
        case Key.LESSON:
            return "lesson", reverse("campaign:home"), {}
        case Key.SHEET:
            example = {"numeral": numeral(EXAMPLE_DOTS, is_empty=True), "group": ""}
            return "sheet", reverse("campaign:home"), example
        case Key.MAYOR:
            path, recipient = _page_path(content, "sector-officials"), pgettext("on a letter", "Municipality of")
        case Key.HEADTEACHER:
            path, recipient = reverse("pledges:group"), pgettext("on a letter", "School")
    labels = [pgettext("on a letter", "Place and date"), recipient]
    return "letter", path, {"labels": labels, "signature": gettext("Name and signature")}


@lru_cache(maxsize=100)
def _typeset(_language, template, words):
    return typeset(template, **json.loads(words))


def numeral(count, *, is_empty=False):
    """The 1 made of `count` dots, in colours or empty, as the templates draw it."""
    found = places(count)
    alternative = gettext("The numeral 1 made of dots")
    if is_empty:
        alternative = ngettext(
            "The numeral 1 with %(count)s empty dot", "The numeral 1 with %(count)s empty dots", count
        ) % {"count": number(count)}
    return {"points": found.points, "diameter": found.diameter, "alt": alternative}


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


def first_page(data):
    """The first page of a PDF as a WebP picture, WIDTH pixels wide. Raises pypdfium2.PdfiumError for a broken one."""
    with _drawing, pypdfium2.PdfDocument(data) as document:
        page = document[0]
        picture = page.render(scale=min(WIDTH / page.get_width(), MAX_HEIGHT * WIDTH / page.get_height())).to_pil()
    out = BytesIO()
    picture.convert("RGB").save(out, "WEBP", quality=55, method=4)
    return out.getvalue()


preview = lru_cache(maxsize=100)(first_page)
