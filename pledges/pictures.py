"""Pictures drawn from words that are handed in: the card a messenger shows beside a shared link, and pictures to post.

No name and nothing a visitor typed is ever drawn: the words come from staff and from the catalogue.
"""

from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO

from django.contrib.staticfiles import finders
from PIL import Image, ImageColor, ImageDraw, ImageFont

from pledges import charts

GROUND, INK, QUIET, EMPTY = "#ffe3c4", "#1b1f3b", "#4b4f6c", "#f8d1a3"
# The palette of the sectors, s1 to s12, as in static/css/tokens.css.
COLORS = [
    "#3f3ccb", "#c5640d", "#338b7e", "#93327a", "#16245c", "#565500", "#9d63f5", "#5e1208",
    "#004848", "#4e0090", "#7067b0", "#36002a",
]  # fmt: skip
# Pictures without figures show the colours of the sectors that the site starts with.
COLORS_OF_EVERYONE = COLORS[:8]
PLACES = 200
MARGIN = 72
# A dot is drawn so many times larger and made small: Pillow's circles have hard edges.
FINE = 8
SMALLEST = 36
LEADING = 0.12


@dataclass(frozen=True)
class Layout:
    """Where things stand, in pixels: `words` is (left, top, right, bottom) and their `largest` size, `one` the top and
    height of the 1 at the right margin, `brand` the line it stands on.
    """

    size: tuple[int, int]
    words: tuple[int, int, int, int]
    largest: int
    one: tuple[int, int]
    brand: int


LAYOUTS = {
    # Beside a link.
    "card": Layout((1200, 630), (72, 72, 820, 486), 92, (63, 504), 558),
    "square": Layout((1080, 1080), (72, 108, 560, 900), 92, (108, 864), 972),
    # A story: phones lay their own buttons over its head and foot.
    "story": Layout((1080, 1920), (72, 270, 1008, 660), 128, (716, 840), 1556),
}


@cache
def font(size, weight):
    """The site's typeface in pixels and weight (300 to 900)."""
    face = ImageFont.truetype(finders.find("fonts/figtree-latin-wght-normal.woff2"), size)
    face.set_variation_by_axes([weight])
    return face


@lru_cache(maxsize=200)
def draw(layout, words, brand):
    """A PNG in one of LAYOUTS: `words` on the left or above, the 1 on the right, `brand` below.

    It shows no figure, so it stays the same as long as the words do. The words are made smaller until they fit.
    """
    place = LAYOUTS[layout]
    picture = Image.new("RGB", place.size, GROUND)
    draw_one(picture, *_corner_and_height(place), charts.dot_width(PLACES), in_all_colors())
    canvas = ImageDraw.Draw(picture)
    left, top, right, bottom = place.words
    face, text = _fitted(canvas, words, place.largest, (right - left, bottom - top))
    canvas.multiline_text((left, top), text, INK, face, spacing=face.size * LEADING)
    return _finished(picture, canvas, place, brand)


# Its figures change all day: the last few are enough.
@lru_cache(maxsize=20)
def draw_total(words, brand, dots, dot_width):
    """The card of a total as a PNG: `words` are (number, what it counts, of which day), the number may be missing.

    `dots` and `dot_width` are those of the Mosaic of the same total.
    """
    place = LAYOUTS["card"]
    picture = Image.new("RGB", place.size, GROUND)
    colors = {"": EMPTY} | {f"s{turn}": color for turn, color in enumerate(COLORS, start=1)}
    draw_one(picture, *_corner_and_height(place), float(dot_width), [(colors[color], points) for color, points in dots])
    canvas = ImageDraw.Draw(picture)
    number, counted, day = words
    left, top, right, bottom = place.words
    if number:
        face, _ = _fitted(canvas, number, 216, (right - left, 220))
        canvas.text((left, top), number, INK, face, anchor="lt")
        # Below its digits: a comma hangs lower.
        top = canvas.textbbox((left, top), "0", face, anchor="lt")[3] + 44
    face, text = _fitted(canvas, counted, 56 if number else place.largest, (right - left, bottom - top - 60))
    spacing = face.size * LEADING
    canvas.multiline_text((left, top), text, INK, face, spacing=spacing)
    below = canvas.multiline_textbbox((left, top), text, face, spacing=spacing)[3]
    canvas.text((left, below + 52), day, QUIET, font(30, 600), anchor="ls")
    return _finished(picture, canvas, place, brand)


def _finished(picture, canvas, place, brand):
    """The PNG, with the brand on its line."""
    canvas.text((MARGIN, place.brand), brand, INK, font(place.largest // 2, 900), anchor="ls")
    out = BytesIO()
    drawn = (GROUND, INK, QUIET, EMPTY, *COLORS)
    picture.quantize(palette=palette(drawn), dither=Image.Dither.NONE).save(out, "PNG")
    return out.getvalue()


@cache
def palette(drawn):
    """A picture of the colours to keep exactly, and of their edges towards the ground and towards ink."""
    colors = []
    for color in drawn:
        for other, parts in ((GROUND, (0, 0.25, 0.5, 0.75)), (INK, (0.3, 0.6))):
            colors += [_mixed(color, other, part) for part in parts]
    picture = Image.new("P", (1, 1))
    picture.putpalette([value for color in dict.fromkeys(colors) for value in color])
    return picture


def _mixed(color, other, part):
    """A color with so large a part of another in it."""
    pairs = zip(ImageColor.getrgb(color), ImageColor.getrgb(other), strict=True)
    return tuple(round(own + (foreign - own) * part) for own, foreign in pairs)


def in_all_colors():
    """(colour, places) of dots that stand for everyone: the sectors' colours in turn."""
    colors = COLORS_OF_EVERYONE
    return [(colors[turn % len(colors)], [at]) for turn, at in enumerate(charts.places(PLACES))]


def _corner_and_height(place):
    """Where the 1 stands in a layout: at the right margin."""
    top, height = place.one
    return (place.size[0] - MARGIN - charts.WIDTH * height / charts.HEIGHT, top), height


def draw_one(picture, corner, height, dot_width, dots):
    """Draw the 1, so high, from its upper left corner: (colour, places) of each group of dots."""
    left, top = corner
    scale = height / charts.HEIGHT
    width = round(dot_width * scale)
    dot = Image.new("L", (width * FINE, width * FINE))
    ImageDraw.Draw(dot).ellipse((0, 0, width * FINE - 1, width * FINE - 1), 255)
    dot = dot.resize((width, width), Image.Resampling.LANCZOS)
    for color, points in dots:
        for x, y in points:
            corner = (round(left + x * scale - width / 2), round(top + y * scale - width / 2))
            picture.paste(color, corner, dot)


def _fitted(canvas, words, largest, room):
    """The largest font, and the words in lines, with which they fill no more than `room` (width, height in pixels).

    What does not fit even in the smallest ends with an ellipsis: letters are never cut.
    """
    for size in range(largest, SMALLEST - 1, -4):
        face = font(size, 800)
        lines = list(_lines(canvas, words.split(" "), face, room[0]))
        if _fits(canvas, lines, face, room):
            return face, "\n".join(lines)

    def shortened(letters):
        return list(_lines(canvas, f"{words[:-letters].rstrip()} …".split(" "), face, room[0]))

    fewest = 1 + bisect_left(range(1, len(words)), True, key=lambda cut: _fits(canvas, shortened(cut), face, room))
    return face, "\n".join(shortened(fewest))


def _fits(canvas, lines, face, room):
    box = canvas.multiline_textbbox((0, 0), "\n".join(lines), face, spacing=face.size * LEADING)
    return box[2] <= room[0] and box[3] <= room[1]


def _lines(canvas, words, face, width):
    line = ""
    for word in words:
        longer = f"{line} {word}".strip()
        if line and canvas.textlength(longer, face) > width:
            yield line
            line = word
        else:
            line = longer
    yield line
