"""One document in print: pages of A4 or A3 with the site's typeface embedded, the numeral 1, and QR codes.

Lengths are millimetres of A4 and sizes are points on A4; A3 is the same drawing, enlarged. The bytes depend on the words only.
"""

import atexit
import re
import tempfile
import threading
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path

import segno
from django.utils.html import format_html
from django.utils.translation import get_language
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from fpdf import FPDF, ViewerPreferences
from fpdf.enums import WrapMode

from campaign.handouts.places import OUTLINE, places
from pledges.figures import colors, fonts
from pledges.figures.mosaic import HEIGHT, WIDTH

# Of A4. The margins of printers are smaller.
PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 210, 297, 18
ROOM = PAGE_WIDTH - 2 * MARGIN
# How much larger than A4 a paper is.
ENLARGED = {"A4": 1, "A3": 2**0.5}
POINT = 25.4 / 72
# From one baseline to the next, of the size.
LEADING = 1.3
# A file names a day. This one is that of the launch, so that equal words are equal bytes.
MADE_ON = datetime(2020, 7, 23, tzinfo=UTC)


class Paper:
    """A PDF document in the active language; `size` is "A4" or "A3", `orientation` "portrait" or "landscape"."""

    def __init__(self, title, size="A4", orientation="portrait"):
        self.scale = ENLARGED[size]
        self.pdf = pdf = FPDF(format=size, orientation=orientation)
        pdf.set_creation_date(MADE_ON)
        pdf.set_title(title)
        pdf.set_lang(get_language())
        pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
        for style, weight in (("", 400), ("B", 800)):
            pdf.add_font("Figtree", style, _typeface(weight))
        pdf.set_margin(0)
        pdf.set_auto_page_break(False)
        pdf.c_margin = 0
        pdf.add_page()

    def output(self):
        """The bytes of the document."""
        data = bytes(self.pdf.output())
        for font in self.pdf.fonts.values():
            # The library reads a font lazily and leaves its file open.
            font.ttfont.close()
        return data

    def words(self, text, x, y, width, size, *, smallest=None, height=None, **style):
        """Write a text with its top at y, wrapped to `width`; returns the y below it.

        With `height`, the size is lowered to `smallest` at the least until the text is no higher and no word is divided. `style`
        is that of `_cell`.
        """
        while height and size > smallest and not self._fits(text, x, y, width, size, height, style):
            size -= 0.5
        return self._cell(text, x, y, width, size, **style)

    def _fits(self, text, x, y, width, size, height, style):
        self.pdf.set_font("Figtree", "B" if style.get("bold") else "", size * self.scale)
        widest = max(map(self.pdf.get_string_width, re.split(r"[ \n]", self._unbroken(text))), default=0)
        return widest <= width * self.scale and self.bottom(text, x, y, width, size, **style) <= y + height

    def across(self, text, x, y, width):
        """Write a short bold text as large as the width allows; returns the y below its digits and capitals."""
        self.pdf.set_font("Figtree", "B", 100 * self.scale)
        text = self._unbroken(text)
        size = 100 * width * self.scale / self.pdf.get_string_width(text)
        # The line is as high as the letters: what the typeface leaves free above and below them is outside.
        rise = (size * POINT * (fonts.DIGIT_HEIGHT - 1)) / 2
        self._cell(text, x, y + rise, width + 1, size, bold=True, leading=1)
        return y + size * POINT * fonts.DIGIT_HEIGHT

    def bottom(self, text, x, y, width, size, **style):
        """The y below a text, if it was written there."""
        return self._cell(text, x, y, width, size, dry_run=True, **style)

    def turn(self):
        """Begin the next page."""
        self.pdf.add_page()

    def _cell(
        self, text, x, y, width, size, *, bold=False, color=colors.INK, align="L", leading=LEADING, dry_run=False
    ):
        pdf, scale = self.pdf, self.scale
        pdf.set_font("Figtree", "B" if bold else "", size * scale)
        pdf.set_text_color(color)
        pdf.set_xy(x * scale, y * scale)
        line = size * POINT * leading
        height = pdf.multi_cell(
            width * scale,
            line * scale,
            self._unbroken(text),
            align=align,
            wrapmode=WrapMode.WORD,
            dry_run=dry_run,
            output="HEIGHT",
        )
        return y + height / scale

    @staticmethod
    def _unbroken(text):
        # A telephone number is not divided.
        return re.sub(r"(\d) (\d)", "\\1\N{NO-BREAK SPACE}\\2", text)

    def line(self, x, y, width, color=colors.LINE, thickness=0.3):
        """Draw a horizontal line."""
        pdf, scale = self.pdf, self.scale
        pdf.set_draw_color(color)
        pdf.set_line_width(thickness * scale)
        pdf.line(x * scale, y * scale, (x + width) * scale, y * scale)

    def area(self, x, y, width, height, color):
        """Fill a rectangle with round corners."""
        pdf, scale = self.pdf, self.scale
        pdf.set_fill_color(color)
        box = [value * scale for value in (x, y, width, height)]
        pdf.rect(*box, style="F", round_corners=True, corner_radius=4 * scale)

    def code(self, link, x, y, side, description):
        """Draw the QR code of a link in a square of this side, without the margin that it needs around it."""
        svg = BytesIO()
        segno.make(link, error="m", micro=False).save(
            svg, kind="svg", border=0, dark=colors.INK, omitsize=True, xmldecl=False
        )
        self._figure(svg, x, y, side, description)

    def numeral(self, x, y, height, count, description, *, colored=()):
        """Draw the 1: `count` empty dots in its outline, or dots in which the colours of `colored` take turns."""
        found, unit = places(count), height / HEIGHT * self.scale
        shape = " ".join(f"{left},{top}" for left, top in OUTLINE)
        svg = format_html(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}"><polygon points="{}" fill="none" stroke="{}" '
            'stroke-width="1.5" stroke-linejoin="round"/></svg>',
            *(WIDTH, HEIGHT, shape, "none" if colored else colors.LINE),
        )
        self._figure(BytesIO(svg.encode()), x, y, height * WIDTH / HEIGHT, description)
        pdf, radius = self.pdf, found.diameter / 2 * unit
        pdf.set_draw_color(colors.INK)
        pdf.set_line_width(min(0.35 * self.scale, radius / 4))
        for number, (left, top) in enumerate(found.points):
            if colored:
                pdf.set_fill_color(colored[number % len(colored)])
            place = x * self.scale + left * unit, y * self.scale + top * unit
            pdf.circle(*place, radius, style="F" if colored else "D")

    def _figure(self, svg, x, y, width, description):
        """Draw an SVG. The library tags pictures, and nothing else, for screen readers."""
        svg.seek(0)
        self.pdf.image(svg, x=x * self.scale, y=y * self.scale, w=width * self.scale, alt_text=description)


# `cache` calls a function again while another thread is in it, which would write a file that the other reads.
_one_at_a_time = threading.Lock()


def _typeface(weight):
    """The path of the typeface at one weight. It takes 0.1 seconds to compute, so a process does it once.

    The library reads fonts from files only.
    """
    with _one_at_a_time:
        return _fixed_weight(weight)


@cache
def _fixed_weight(weight):
    path = Path(_folder().name) / f"figtree-{weight}.ttf"
    with TTFont(fonts.PATH, recalcTimestamp=False) as font:
        instantiateVariableFont(font, {"wght": weight}, inplace=True)
        font.save(path)
    return path


@cache
def _folder():
    folder = tempfile.TemporaryDirectory(prefix="weare1-fonts-")
    atexit.register(folder.cleanup)
    return folder
