"""Cards: the picture a messenger shows beside a shared link, and pictures to post.

They show no name and no visitor's input: their text comes from staff and from the catalogue of translations.
"""

from dataclasses import dataclass
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from pledges.figures import colors, fonts
from pledges.figures.mosaic import HEIGHT, NEUTRAL_DOT_WIDTH, WIDTH, neutral_paths
from pledges.figures.png import png
from pledges.models.numbers import number

MARGIN = 72
SMALLEST = 36


@dataclass(frozen=True)
class Layout:
    """Positions in pixels.

    `text` is the box (left, top, right, bottom) of the text and `largest` its largest font size, `mosaic` the top and height of
    the mosaic at the right margin, `brand` the baseline of the brand.
    """

    size: tuple[int, int]
    text: tuple[int, int, int, int]
    largest: int
    mosaic: tuple[int, int]
    brand: int


LAYOUTS = {
    # Beside a link.
    "card": Layout((1200, 630), (72, 72, 820, 486), 92, (63, 504), 558),
    "square": Layout((1080, 1080), (72, 108, 560, 900), 92, (108, 864), 972),
    # A story: phones show buttons over its top and bottom.
    "story": Layout((1080, 1920), (72, 270, 1008, 660), 128, (716, 840), 1556),
}


@dataclass(frozen=True)
class Paragraph:
    """Lines of text; `y` is the baseline of the first one."""

    lines: list
    y: float
    size: int
    weight: int = 800
    color: str = colors.INK

    @property
    def leading(self):
        """Pixels from one baseline to the next."""
        return fonts.LEADING * self.size


@lru_cache(maxsize=200)
def draw(layout, text, brand):
    """A PNG in one of LAYOUTS: the text at the left or top, a neutral mosaic at the right, `brand` below.

    It shows no figure, so it is cached by its text. The text is made smaller until it fits.
    """
    place = LAYOUTS[layout]
    left, top, right, bottom = place.text
    size, lines = fonts.fitted_lines(text, place.largest, SMALLEST, 800, right - left, bottom - top)
    paragraphs = [Paragraph(lines, top + fonts.ASCENT * size, size)]
    return _png(place, paragraphs, neutral_paths(), NEUTRAL_DOT_WIDTH, brand)


def total_text(totals):
    """(number, what it counts, date) on the card of the totals; the number is "" when there are no people."""
    date = gettext("As of %(date)s") % {"date": date_format(timezone.localtime(totals.as_of), "DATE_FORMAT")}
    if not totals.total:
        return "", gettext("Be the first"), date
    return number(totals.total), ngettext("supporter, one movement", "supporters, one movement", totals.total), date


# The total changes all day, so only the cards of the latest totals are requested.
@lru_cache(maxsize=20)
def draw_total(text, brand, paths, dot_width):
    """The card of a total as PNG: `text` is as from total_text(), `paths` and `dot_width` are those of its Mosaic."""
    place = LAYOUTS["card"]
    figure, counted, date = text
    left, top, right, bottom = place.text
    paragraphs = []
    if figure:
        size = fonts.fitted_size(figure, 216, 800, right - left)
        paragraphs.append(Paragraph([figure], top + fonts.DIGIT_HEIGHT * size, size))
        top += fonts.DIGIT_HEIGHT * size + 44
    largest = 56 if figure else place.largest
    size, lines = fonts.fitted_lines(counted, largest, SMALLEST, 800, right - left, bottom - top - 60)
    paragraphs.append(Paragraph(lines, top + fonts.ASCENT * size, size))
    below = top + fonts.height(lines, size)
    paragraphs.append(Paragraph([date], below + 52, 30, 600, colors.QUIET))
    return _png(place, paragraphs, paths, dot_width, brand)


def _png(place, paragraphs, paths, dot_width, brand):
    top, height = place.mosaic
    width = WIDTH * height / HEIGHT
    context = {
        "size": place.size,
        "box": (place.size[0] - MARGIN - width, top, width, height),
        "paths": paths,
        "dot_width": dot_width,
        "left": MARGIN,
        "paragraphs": [*paragraphs, Paragraph([brand], place.brand, place.largest // 2, 900)],
    }
    return png("card.svg", context)
