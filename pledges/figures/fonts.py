"""The site's typeface in pictures: how wide a text is, where it is wrapped, and at which size it fits.

data/figtree.ttf is static/fonts/figtree-latin-wght-normal.woff2 without compression: resvg does not read WOFF2.
"""

import re
from functools import cache, lru_cache
from pathlib import Path

from PIL import ImageFont

PATH = str(Path(__file__).parent / "data" / "figtree.ttf")
# The family name in the font file. It is the same at every weight.
FAMILY = "Figtree Light"
SMALLEST = 12
BOUND_LETTERS = 14
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


def shortened(text, size, weight, room):
    """The text, or as much of its beginning as fits `room` pixels together with an ellipsis."""
    if font(size, weight).getlength(text) <= room:
        return text
    while text and font(size, weight).getlength(f"{text} …") > room:
        text = text[:-1].rstrip()
    return f"{text} …"


@lru_cache(maxsize=1000)
def ink(text, size, weight):
    """(left, top, right, bottom) of the drawn text in pixels, seen from the start of its baseline; None if it draws nothing."""
    mask, (left, top) = font(size, weight).getmask2(text, "L", anchor="ls")
    box = mask.getbbox()
    return box and (box[0] + left, box[1] + top, box[2] + left, box[3] + top)


def bound(text):
    """The text in which no-break spaces bind short words, such as "u", "t’i" or "për", to the next one.

    A word of three letters binds no more than BOUND_LETTERS together.
    """
    parts = [""]
    for word in re.findall(r"[^ \t\r\n]+", text):
        last = parts[-1].rpartition("\u00a0")[2]
        limit = BOUND_LETTERS if len(last) == 3 else 2 * BOUND_LETTERS
        if re.fullmatch(r"(?:\w’)?[^\W\d]{1,3}", last) and len(f"{parts[-1]} {word}") <= limit:
            parts[-1] += f"\u00a0{word}"
        else:
            parts.append(word)
    return " ".join(parts[1:])


def wrapped(text, size, weight, room):
    """The text in lines no wider than `room` pixels; a single word may be wider. A no-break space does not end a line."""
    lines = [""]
    for word in re.findall(r"[^ \t\r\n]+", text):
        longer = f"{lines[-1]} {word}".strip(" ")
        if lines[-1] and font(size, weight).getlength(longer) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def balanced(text, size, weight, room):
    """The text in as few lines as wrapped() needs, of about equal width."""
    lines = wrapped(text, size, weight, room)
    while (narrower := wrapped(text, size, weight, max(map(font(size, weight).getlength, lines)) - 1)) != lines:
        if len(narrower) > len(lines):
            break
        lines = narrower
    return lines


def height(lines, size):
    """Pixels from the top of the first line to the bottom of the last one."""
    return size * (ASCENT + LEADING * (len(lines) - 1) + DESCENT)


def fitted_lines(parts, largest, smallest, weight, max_height):
    """(font size, lines): the text at the largest size at which it fits.

    `parts` are (text, room): each part begins a line, is balanced over its lines, and is at most `room` pixels wide. All lines
    together are at most `max_height` pixels high. Of text that does not fit at the smallest size, lines at the end and letters at
    the end of a line give way to an ellipsis.
    """
    for size in range(largest, smallest - 1, -2):
        rows = [(line, room) for text, room in parts for line in balanced(bound(text), size, weight, room)]
        is_narrow = all(font(size, weight).getlength(line) <= room for line, room in rows)
        if is_narrow and height(rows, size) <= max_height:
            return size, [line for line, _ in rows]
    while height(rows, size) > max_height:
        (before, room), (last, _) = rows[-2:]
        rows[-2:] = [(f"{before} {last}", room)]
    return size, [shortened(line, size, weight, room) for line, room in rows]
