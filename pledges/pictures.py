"""Pictures drawn from words that are handed in: the card a messenger shows beside a shared link. No name, no sector."""

from functools import cache, lru_cache
from io import BytesIO

from django.contrib.staticfiles import finders
from PIL import Image, ImageDraw, ImageFont

from pledges import charts

SIZE = (1200, 630)
GROUND, INK = "#ffe3c4", "#1b1f3b"
# The sectors' colours, as in static/css/tokens.css.
COLORS = ["#3f3ccb", "#c5640d", "#338b7e", "#93327a", "#16245c", "#565500", "#9d63f5", "#5e1208"]
PLACES = 200
MARGIN = 72
# Drawn twice as large and made small: Pillow's circles have hard edges.
FINE = 2
LARGEST, SMALLEST = 92, 40


@cache
def font(size, weight):
    """The site's typeface in this size (pixels) and weight."""
    face = ImageFont.truetype(finders.find("fonts/figtree-latin-wght-normal.woff2"), size)
    face.set_variation_by_axes([weight])
    return face


@lru_cache(maxsize=200)
def card(words, brand):
    """A PNG of 1200 × 630: `words` left, the 1 right at 80 % of the height, `brand` below.

    It shows no figure, so it stays the same as long as the words do. The words are made smaller until they fit.
    """
    width, height = (side * FINE for side in SIZE)
    picture = Image.new("RGB", (width, height), GROUND)
    draw = ImageDraw.Draw(picture)
    left = _draw_one(draw, width, height)
    room = (left - 2 * MARGIN * FINE, height - 3 * MARGIN * FINE)
    face, text = _fitted(draw, words, room)
    draw.multiline_text((MARGIN * FINE, MARGIN * FINE), text, INK, face, spacing=face.size * 0.12)
    foot = font(40 * FINE, 900)
    draw.text((MARGIN * FINE, height - MARGIN * FINE), brand, INK, foot, anchor="ls")
    out = BytesIO()
    picture.resize(SIZE, Image.Resampling.LANCZOS).quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw_one(draw, width, height):
    """Draw the dots; returns the left edge of the figure."""
    scale = 0.8 * height / charts.HEIGHT
    left, top = width - MARGIN * FINE - charts.WIDTH * scale, 0.1 * height
    radius = charts.dot_width(PLACES) / 2 * scale
    for number, (x, y) in enumerate(charts.places(PLACES)):
        x, y = left + x * scale, top + y * scale
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), COLORS[number % len(COLORS)])
    return left


def _fitted(draw, words, room):
    """The largest font, and the words in lines, with which they fill no more than `room` (width, height in pixels)."""
    for size in range(LARGEST, SMALLEST - 1, -4):
        face = font(size * FINE, 800)
        text = "\n".join(_lines(draw, words.split(), face, room[0]))
        box = draw.multiline_textbbox((0, 0), text, face, spacing=face.size * 0.12)
        if box[2] <= room[0] and box[3] <= room[1]:
            return face, text
    return face, text


def _lines(draw, words, font, width):
    line = ""
    for word in words:
        longer = f"{line} {word}".strip()
        if line and draw.textlength(longer, font) > width:
            yield line
            line = word
        else:
            line = longer
    yield line
