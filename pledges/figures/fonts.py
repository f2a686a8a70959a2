"""The site's typeface in pictures: how wide a text is, where it is wrapped, and at which size it fits.

data/figtree.ttf is static/fonts/figtree-latin-wght-normal.woff2 without compression: resvg does not read WOFF2.
"""

from bisect import bisect_left
from functools import cache
from pathlib import Path

from PIL import ImageFont

PATH = str(Path(__file__).parent / "data" / "figtree.ttf")
# The family name in the font file. It is the same at every weight.
FAMILY = "Figtree Light"
SMALLEST = 12
# In em: above and below the baseline, the height of a digit, and from one baseline to the next.
ASCENT, DESCENT, DIGIT_HEIGHT, LEADING = 0.95, 0.25, 0.7, 1.07


@cache
def font(size, weight):
    """The typeface for Pillow at a size in pixels and a weight (300 to 900)."""
    face = ImageFont.truetype(PATH, size)
    face.set_variation_by_axes([weight])
    return face


def fitted_size(text, size, weight, room):
    """The largest font size, at most `size` and at least SMALLEST, at which the text is no wider than `room` pixels."""
    while size > SMALLEST and font(size, weight).getlength(text) > room:
        size -= 1
    return size


def wrapped(text, size, weight, room):
    """The text in lines no wider than `room` pixels; a single word may be wider."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font(size, weight).getlength(longer) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def height(lines, size):
    """Pixels from the top of the first line to the bottom of the last one."""
    return size * (ASCENT + LEADING * (len(lines) - 1) + DESCENT)


def fitted_lines(text, largest, smallest, weight, width, max_height):
    """(font size, lines): the text wrapped at the largest size at which it fits a box of these pixels.

    Text that does not fit at the smallest size is shortened and ends with an ellipsis.
    """

    def fits(lines, size):
        is_narrow = max(font(size, weight).getlength(line) for line in lines) <= width
        return is_narrow and height(lines, size) <= max_height

    for size in range(largest, smallest - 1, -4):
        lines = wrapped(text, size, weight, width)
        if fits(lines, size):
            return size, lines

    def shortened(letters):
        return wrapped(f"{text[:-letters].rstrip()} …", size, weight, width)

    fewest = 1 + bisect_left(range(1, len(text)), True, key=lambda letters: fits(shortened(letters), size))
    return size, shortened(fewest)
