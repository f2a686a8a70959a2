"""Pictures to share: the one that a messenger shows beside a link, and those that supporters post.

They show no supporter's name and no visitor's input: their text comes from staff and from the catalogue of translations. A
square crop of the centre of a wide picture, as WhatsApp shows it, holds its message.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from types import SimpleNamespace

from django.conf import settings
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext, ngettext, npgettext, pgettext

from pledges.figures import fonts
from pledges.figures.mosaic import HEIGHT, PATTERN_DOT_WIDTH, WIDTH, mosaic, pattern_paths
from pledges.figures.rendering import COLORS, png, qr_code
from pledges.numbers import number
from pledges.sharing import brand, web_address

# All lengths are pixels. The smallest text of a picture:
SMALLEST = 22
# Of wide pictures: their margin; left and width of the middle column, which a square crop of the centre holds together with the
# 1; top and bottom of the drawing.
SIZE, MARGIN, MIDDLE, ROOM, TOP, FOOT = (1200, 630), 56, 306, 340, 65, 565
# The foot of the middle column may be wider, and so may a number to call: they are beside the stem of the 1.
FOOT_ROOM, FOOT_HEIGHT, FEET = 450, 116, (475, 520, FOOT)
SIDE_ROOM, TITLE_HEIGHT, STACK_GAP = 215, 365, 26
# Height of a title above a number to call, and the baseline of that number.
CALL_TITLE_HEIGHT, CALL_BASELINE = 190, 400
# The logo of an organisation, in its own pixels (the larger of `logos.SIZES`).
LOGO = (MIDDLE, TOP, 320, 128)
NUMERAL = (667, TOP, (FOOT - TOP) * WIDTH / HEIGHT, FOOT - TOP)
# Of pictures to post: their margin, and the free space between text and the 1.
POST_MARGIN, GAP = 80, 34


@dataclass(frozen=True)
class Layout:
    """A picture to post: `numeral` is the top and height of the 1 at the right margin, `introduction` the largest size of the
    words above the vows and the lowest edge of them, `vows` are baselines, `code` the left, top and side of the QR code.
    """

    size: tuple[int, int]
    numeral: tuple[int, int]
    introduction: tuple[int, int]
    vows: tuple[int, int, int]
    code: tuple = ()


LAYOUTS = {
    "square": Layout((1080, 1080), (80, 920), (92, 470), (604, 738, 872)),
    # Phones show buttons over the top and the bottom of a story.
    "story": Layout((1080, 1920), (252, 976), (104, 685), (936, 1084, 1232), (790, 1370, 210)),
}


@dataclass(frozen=True)
class Line:
    """A line of text; `x` and `y` are the start of its baseline in pixels."""

    text: str
    x: float
    y: float
    size: int
    weight: int = 800
    color: str = COLORS["ink"]

    @property
    def box(self):
        """(left, top, right, bottom) of what is drawn; None if it draws nothing."""
        ink = fonts.ink(self.text, self.size, self.weight)
        return ink and (self.x + ink[0], self.y + ink[1], self.x + ink[2], self.y + ink[3])


@dataclass(frozen=True)
class Drawing:
    """A picture before it is rendered, in pixels.

    `numeral` is the box (left, top, width, height) of the 1, `paths` and `dot_width` are its dots. `code` is the place (left,
    top, side) of the QR code of `link`, `logo` the box and the data URL of a logo, if there is one.
    """

    size: tuple[int, int]
    numeral: tuple[float, float, float, float]
    lines: tuple[Line, ...]
    paths: tuple
    dot_width: str
    code: tuple = ()
    link: str = ""
    logo: tuple = ()

    @property
    def qr_svg(self):
        """The QR code as an SVG element that fills its box."""
        return mark_safe(qr_code(self.link)["svg"])  # noqa: S308 - written by segno from our own address


@lru_cache(maxsize=200)
def draw(drawing, width=None):
    """The PNG of a Drawing, `width` pixels wide if that is given. Equal drawings are rendered once."""
    return png("card.svg", {"drawing": drawing}, width=width)


def site(vows, movement):
    """The Drawing of the site: its name as a headline whose last letter is the 1.

    `vows` are the three vows, `movement` says what the movement is; a line break in it is kept. Like all texts here, they are in
    the active language.
    """
    words = gettext("We are").split()
    size = min(fonts.fitted_size(word, 200, 900, ROOM) for word in words)
    baseline = TOP + fonts.DIGIT_HEIGHT * size
    headline = [_line(word, baseline + 0.92 * size * row, MIDDLE, size, 900) for row, word in enumerate(words)]
    return _wide(vows, headline, movement)


def page(vows, movement, title):
    """The Drawing of a page or an article: its title beside the 1."""
    return _wide(vows, _title(title), movement)


def call(title, number_to_call, answers):
    """The Drawing of a page of help: its title, the number to call, if there is one, and who answers. It does not ask to sign."""
    if not number_to_call:
        return _wide((), _title(title), answers)
    size = fonts.fitted_size(number_to_call, 150, 900, FOOT_ROOM)
    below = _line(number_to_call, CALL_BASELINE, MIDDLE, size, 900)
    return _wide((), [*_title(title, CALL_TITLE_HEIGHT), below], answers)


def total(vows, movement, goal, dots):
    """The Drawing of the total and of what is missing to `goal`; `dots` is the Mosaic of both."""
    if not dots.total:
        return _wide(vows, _title(gettext("Be the first to sign")), movement, dots)
    return _wide(vows, _counted(gettext("Now we are"), dots.total), _missing(dots.total, goal), dots)


def county(vows, movement, goal, name, people):
    """The Drawing of a county: its published figure and its own 1 towards `goal`. Without people it shows no figure."""
    dots = mosaic([(SimpleNamespace(color="county"), people)], goal)
    if not people:
        return _wide(vows, _stack([(gettext("We are"), 120), (name, 120)]), movement, dots)
    return _wide(
        vows,
        _counted(gettext("%(county)s: about") % {"county": name}, people),
        gettext("about %(missing)s more\nto reach %(goal)s") % {"missing": number(goal - people), "goal": number(goal)},
        dots,
    )


def organisation(vows, movement, name, logo=""):
    """The Drawing of an organisation: its logo (a data URL) and name above that of the movement, whose last letter is the 1."""
    top, height = (LOGO[1] + LOGO[3] + STACK_GAP, 60) if logo else (TOP, 200)
    size, rows = fonts.fitted_lines([(name, ROOM)], 56, SMALLEST, 800, height)
    top += fonts.DIGIT_HEIGHT * size
    named = [_line(row, top + fonts.LEADING * size * n, MIDDLE, size, 800) for n, row in enumerate(rows)]
    words = gettext("We are")
    headline = _line(words, TOP + TITLE_HEIGHT - STACK_GAP, MIDDLE, fonts.fitted_size(words, 150, 900, FOOT_ROOM), 900)
    return replace(_wide(vows, [*named, headline], movement), logo=(*LOGO, logo) if logo else ())


def posted(layout, vows, words="", color=""):
    """The Drawing of a picture to post, in one of LAYOUTS: that its owner has pledged, and the three vows.

    `words` are those of a sector, such as "I have pledged as a parent."; "" for neutral ones. `color` is the sector's.
    """
    place = LAYOUTS[layout]
    top, tall = place.numeral
    unit = tall / HEIGHT
    left = place.size[0] - POST_MARGIN - WIDTH * unit
    # The stem of the 1 begins at 148 of its 300 units, and its arm is a slope of about 90 above the first line of text.
    beside_stem, beside_arm = left + 148 * unit - GAP - POST_MARGIN, left - GAP - POST_MARGIN
    largest, bottom = place.introduction
    parts = _introduction(words, beside_arm + 90 * unit, beside_arm)
    size, rows = fonts.fitted_lines(parts, largest, SMALLEST, 800, bottom - top)
    baselines = [top + fonts.DIGIT_HEIGHT * size + fonts.LEADING * size * n for n in range(len(rows))]
    lines = (
        *(_line(row, y, POST_MARGIN, size) for row, y in zip(rows, baselines, strict=True)),
        *_column(vows, POST_MARGIN, place.vows, 140, beside_stem, 900),
        *_call(place, beside_stem),
    )
    link = f"{settings.SITE_URL}/{get_language()}/" if place.code else ""
    numeral = (left, top, WIDTH * unit, tall)
    return Drawing(place.size, numeral, lines, pattern_paths(color), PATTERN_DOT_WIDTH, place.code, link)


def _introduction(words, beside_slope, beside_arm):
    """[(text, room)] of "I have pledged", in one line, and of what a sector adds to it, with a colon at the end."""
    neutral = gettext("I have pledged.").rstrip(".")
    added = words.rstrip(".").removeprefix(neutral).strip()
    one_line = neutral.replace(" ", "\u00a0")
    if not added:
        return [(f"{one_line}:", beside_slope)]
    first = [(one_line, beside_slope)] if words.startswith(neutral) else []
    return [*first, (f"{added}:", beside_arm)]


def _words_to_a_friend():
    return pgettext("to a friend", "Sign the pledge too:")


def _call(place, room):
    """The lines that ask to sign, with the web address: one line at the foot of the 1, or two beside the QR code."""
    words, address = _words_to_a_friend(), web_address()
    if place.code:
        left, top, side = place.code
        room = left - GAP - POST_MARGIN
        sizes = fonts.fitted_size(words, 80, 800, room), fonts.fitted_size(address, 104, 800, room)
        return [
            _line(words, top + fonts.DIGIT_HEIGHT * sizes[0], POST_MARGIN, sizes[0]),
            _line(address, top + side, POST_MARGIN, sizes[1], color=COLORS["link"]),
        ]
    baseline = sum(place.numeral)
    size = fonts.fitted_size(f"{words} {address}", 44, 800, room)
    first = _line(words, baseline, POST_MARGIN, size)
    x = first.x + fonts.font(size, 800).getlength(f"{words} ")
    return [first, Line(address, round(x), baseline, size, color=COLORS["link"])]


def _wide(vows, headline, foot, dots=None):
    """The Drawing of a picture beside a link: the headline above `foot`, and the 1; with vows also these and the call to sign."""
    size, rows = fonts.fitted_lines([(part, FOOT_ROOM) for part in foot.splitlines()], 34, SMALLEST, 500, FOOT_HEIGHT)
    # Beside the vows there is room for three lines.
    leading = FEET[1] - FEET[0] if len(rows) <= len(FEET) else 1.25 * size
    lines = (
        *_column([brand()], MARGIN, [90], 36, SIDE_ROOM, 900, COLORS["link"]),
        *headline,
        *(_line(row, FOOT - leading * n, MIDDLE, size, 500) for n, row in enumerate(reversed(rows))),
        *(_asked(vows) if vows else ()),
    )
    paths, dot_width = (dots.paths, dots.dot_width) if dots else (pattern_paths(), PATTERN_DOT_WIDTH)
    return Drawing(SIZE, NUMERAL, lines, paths, dot_width)


def _asked(vows):
    """The lines at both sides of a wide picture: the vows, and the call to sign."""
    words, address, right = fonts.balanced(_words_to_a_friend(), 36, 800, SIDE_ROOM), web_address(), SIZE[0] - MARGIN
    size = fonts.fitted_size(address, 36, 800, SIDE_ROOM)
    return (
        *_column(vows, MARGIN, FEET, 36, SIDE_ROOM, 800),
        *(_line(row, y, right, 36, ends=True) for row, y in zip(reversed(words), FEET[1::-1], strict=False)),
        _line(address, FOOT, right, size, color=COLORS["link"], ends=True),
    )


def _title(text, height=TITLE_HEIGHT):
    """The lines of a title in the middle column, as large as it fits."""
    size, rows = fonts.fitted_lines([(text, ROOM)], 110, SMALLEST, 900, height)
    top = TOP + fonts.DIGIT_HEIGHT * size
    return [_line(row, top + fonts.LEADING * size * n, MIDDLE, size, 900) for n, row in enumerate(rows)]


def _counted(above, people):
    """The lines of a figure: what is counted is smaller than the number."""
    figure = number(people)
    small = min(80, fonts.fitted_size(figure, 210, 900, ROOM) * 3 // 4)
    return _stack([(above, small), (figure, 210), (npgettext("counted", "supporter", "supporters", people), small)])


def _missing(people, goal):
    missing = goal - people
    text = ngettext("%(missing)s more\nto reach %(goal)s", "%(missing)s more\nto reach %(goal)s", missing)
    return text % {"missing": number(missing), "goal": number(goal)}


def _stack(rows):
    """Lines of (text, largest size) in the middle column, each as wide as the column if it gets no larger."""
    lines, baseline = [], TOP - STACK_GAP
    for text, largest in rows:
        size = fonts.fitted_size(text, largest, 900, ROOM)
        baseline += STACK_GAP + fonts.DIGIT_HEIGHT * size
        lines.append(_line(text, baseline, MIDDLE, size, 900))
    return lines


def _column(texts, left, baselines, largest, room, weight, color=COLORS["ink"]):
    """Texts of one line each, all of one size, at which the longest one fits; one too long even then is shortened."""
    size = max(SMALLEST, min(fonts.fitted_size(text, largest, weight, room) for text in texts))
    rows = [fonts.shortened(text, size, weight, room) for text in texts]
    return [_line(row, y, left, size, weight, color) for row, y in zip(rows, baselines, strict=True)]


def _line(text, y, x, size, weight=800, color=COLORS["ink"], ends=False):
    """A Line whose letters begin at x exactly, or end there; a "j" hangs over to the left."""
    if ends:
        x -= fonts.ink(text, size, weight)[2]
    elif edge := fonts.ink(text[:1].replace("j", "i"), 1000, weight):
        # Measured large: at the size of the line it is rounded to whole pixels.
        x -= edge[0] * size / 1000
    return Line(text, round(x, 1), round(y, 1), size, weight, color)
