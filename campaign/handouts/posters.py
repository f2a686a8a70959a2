"""Materials for everyone: posters, the leaflet, letters. Each function returns the bytes of a PDF in the active language.

Links are paths of this site. No material names a person.
"""

from django.conf import settings
from django.utils.translation import gettext as _

from campaign.handouts.drawings import CODE, FOOT, foot
from campaign.handouts.paper import MARGIN, PAGE_HEIGHT, PAGE_WIDTH, ROOM, Paper
from pledges.figures import colors
from pledges.figures.brand import brand, web_address
from pledges.figures.mosaic import HEIGHT, WIDTH

# The 1 on a poster, and how many dots it has.
NUMERAL_HEIGHT, DOTS = 92, 100
# Of the leaflet, A4 folded once: the width of a page, and its margin.
PANEL, INNER = PAGE_HEIGHT / 2, 14
PANEL_ROOM = PANEL - 2 * INNER
# The height of the coloured areas at the foot of its inner pages, and their distance from the edge of the paper.
BAND, EDGE = 42, 6
BAND_TOP = PAGE_WIDTH - EDGE - BAND
# A letter has lines to write on by hand.
RULE = 70


def poster(title, lines, path, size="A4", *, big=""):
    """A poster on paper of size "A4" or "A3".

    `title` is in large letters beside the 1. `big`, such as a telephone number, goes across the page; "" for none. The first of
    `lines` is in bold. A QR code opens the page at `path`.
    """
    paper = Paper(title, size)
    width = NUMERAL_HEIGHT * WIDTH / HEIGHT
    room = ROOM - width - 8
    top = paper.words(brand(), MARGIN, MARGIN, room, 17, bold=True) + 5
    paper.numeral(
        *(PAGE_WIDTH - MARGIN - width, MARGIN, NUMERAL_HEIGHT, DOTS),
        _("The numeral 1 made of dots"),
        colored=colors.SECTORS[:8],
    )
    # Two words stand below each other.
    title = title.replace(" ", "\n") if title.count(" ") == 1 else title
    paper.words(title, MARGIN, top, room, 84, smallest=22, height=MARGIN + NUMERAL_HEIGHT - top, bold=True, leading=1)
    top = MARGIN + NUMERAL_HEIGHT + 10
    if big:
        top = paper.across(big, MARGIN, top, ROOM) + 10
    first, *rest = lines
    below = FOOT - 10
    size, style = 30 if big else 34, {"bold": True, "leading": 1.12}

    def is_in_one_line(size):
        return paper.bottom(first, MARGIN, top, ROOM, size, **style) == paper.bottom(
            "1", MARGIN, top, ROOM, size, **style
        )

    # Slightly smaller rather than with one word on a second line.
    size = next(filter(is_in_one_line, range(size, size - 7, -1)), size)
    top = paper.words(first, MARGIN, top, ROOM, size, smallest=14, height=(below - top) * 0.5, **style)
    paper.words("\n".join(rest), MARGIN, top + 4, ROOM, 22, smallest=9, height=below - top - 4, leading=1.32)
    foot(paper, path, ROOM)
    return paper.output()


def child_poster(words, helpline, path, size):
    """The poster for children, with the number of the helpline across the page."""
    return poster(words.title, words.text.split("\n"), path, size, big=helpline)


def leaflet(words, calls, promises, path):
    """A leaflet for adults: A4 in landscape, printed on both sides and folded in the middle.

    `words.text` begins with a sentence for the front; each line that begins with "# " is the heading of a page, one with "- " an
    item. The first two pages are inside, above the first of `calls`, which are (number, name), and `promises`, which are (title,
    text). The others are on the back, below all calls.
    """
    lead, *pages = [part.strip() for part in f"\n{words.text}".split("\n# ")]
    paper = Paper(words.title, orientation="landscape")
    _front(paper, words.title, lead)
    _back(paper, "\n# ".join(pages[2:]), calls, path)
    paper.turn()
    inside = pages[:2]
    size = min((_size_that_fits(paper, page, INNER, BAND_TOP - 4 - INNER, 19) for page in inside), default=0)
    for number, page in enumerate(inside):
        _outline(paper, page, number * PANEL + INNER, INNER, size)
    if calls:
        _call_band(paper, *calls[0])
    _promise_band(paper, promises)
    return paper.output()


def _front(paper, title, lead):
    left, height = PANEL + INNER, 112
    paper.area(PANEL + EDGE, EDGE, PANEL - 2 * EDGE, PAGE_WIDTH - 2 * EDGE, colors.GROUND)
    paper.numeral(
        *(PANEL * 2 - INNER - height * WIDTH / HEIGHT, PAGE_WIDTH - INNER - height, height, DOTS),
        _("The numeral 1 made of dots"),
        colored=colors.SECTORS[:8],
    )
    below = paper.words(brand(), left, INNER, PANEL_ROOM, 15, bold=True) + 4
    below = paper.words(title, left, below, PANEL_ROOM, 40, smallest=18, height=48, bold=True, leading=1.02)
    # Beside the stem of the 1, below its flag.
    room = PANEL_ROOM - height * WIDTH / HEIGHT * 152 / WIDTH - 6
    top = max(below + 6, PAGE_WIDTH - INNER - height + height * 246 / HEIGHT + 8)
    paper.words(lead, left, top, room, 19, smallest=9, height=PAGE_WIDTH - INNER - 14 - top, leading=1.2)
    paper.words(web_address(), left, PAGE_WIDTH - INNER - 6, PANEL_ROOM / 2, 14, smallest=8, height=7, bold=True)


def _call_band(paper, number, name):
    """Whom to ask, below what to notice."""
    paper.area(EDGE, BAND_TOP, PANEL - 2 * EDGE, BAND, colors.GROUND)
    y = paper.words(number, INNER, BAND_TOP + 4, PANEL_ROOM, 54, smallest=24, height=22, bold=True, leading=1.05)
    paper.words(name, INNER, y, PANEL_ROOM, 13, smallest=8, height=BAND_TOP + BAND - 3 - y)


def _promise_band(paper, promises):
    """What an adult promises, below what to say."""
    paper.area(PANEL + EDGE, BAND_TOP, PANEL - 2 * EDGE, BAND, colors.GROUND)
    left, height = PANEL + INNER, (BAND - 8) / max(len(promises), 1)
    column = PANEL_ROOM * 0.28
    for number, (title, text) in enumerate(promises):
        y = BAND_TOP + 4 + number * height
        paper.words(title, left, y, column, 15, smallest=9, height=height - 2, bold=True, leading=1.1)
        paper.words(
            text, left + column + 2, y + 0.6, PANEL_ROOM - column - 2, 11, smallest=6, height=height, leading=1.2
        )


def _back(paper, text, calls, path):
    y = INNER
    heading, _line, text = text.partition("\n")
    y = paper.words(heading, INNER, y, PANEL_ROOM, 27, smallest=14, height=22, bold=True, leading=1.1) + 3
    foot_top = PAGE_WIDTH - INNER - CODE
    # Numbers are large where there are three of them.
    scale = min(1, 3 / max(len(calls), 1))
    for number, name in calls:
        y = paper.words(number, INNER, y, PANEL_ROOM, 50 * scale, smallest=18, height=20, bold=True, leading=1.05)
        y = paper.words(name, INNER, y, PANEL_ROOM, 13 * scale, smallest=8, height=13 * scale) + 3 * scale
    size = _size_that_fits(paper, text, y + 2, foot_top - y - 6, 17)
    _outline(paper, text, INNER, y + 2, size)
    link = settings.SITE_URL + path
    paper.code(link, INNER, foot_top, CODE, _("QR code: %(link)s") % {"link": link})
    paper.words(
        web_address(), INNER + CODE + 5, foot_top + 11, PANEL_ROOM - CODE - 5, 15, smallest=9, height=8, bold=True
    )


def _size_that_fits(paper, text, y, height, size):
    """The largest size of letters, at most `size`, at which an outline is no higher than `height`."""
    while size > 6 and _outline(paper, text, INNER, y, size, dry_run=True) > y + height:
        size -= 0.5
    return size


def _outline(paper, text, x, y, size, *, dry_run=False):
    """Write a heading and what is below it; returns the y below. Without drawing if `dry_run`."""
    write = paper.bottom if dry_run else paper.words
    for number, line in enumerate(text.split("\n")):
        is_heading, is_item = (number == 0 and y == INNER) or line.startswith("# "), line.startswith("- ")
        line, indent = line.removeprefix("# ").removeprefix("- "), 5 if is_item else 0
        if is_item:
            write("•", x, y, 5, size)
        letters = size * 1.6 if is_heading else size
        y = write(
            line, x + indent, y, PANEL_ROOM - indent, letters, bold=is_heading, leading=1.12 if is_heading else 1.32
        )
        y += size * (0.3 if is_heading else 0.17)
    return y


def letter(words, labels, path):
    """A letter of one page with free lines at the top, for what `labels` name, and at the end, for name and signature."""
    paper = Paper(words.title)
    y = MARGIN
    paper.words(brand(), MARGIN, y, ROOM, 12, bold=True)
    for label in labels:
        y = _line_to_write_on(paper, label, y + 11)
    y = paper.words(words.title, MARGIN, y + 12, ROOM, 20, smallest=13, height=20, bold=True, leading=1.12) + 4
    height = FOOT - 26 - y
    size = 12.5
    while size > 7 and _paragraphs(paper, words.text, y, size, dry_run=True) > y + height:
        size -= 0.5
    y = _paragraphs(paper, words.text, y, size)
    _line_to_write_on(paper, _("Name and signature"), y + 14)
    foot(paper, path, ROOM)
    return paper.output()


def _line_to_write_on(paper, label, y):
    """Draw a line with its label below; returns the y of the line."""
    left = PAGE_WIDTH - MARGIN - RULE
    paper.line(left, y, RULE, colors.INK)
    paper.words(label, left, y + 0.8, RULE, 8.5, color=colors.QUIET)
    return y + 5


def _paragraphs(paper, text, y, size, *, dry_run=False):
    """Write paragraphs and items, a line each; returns the y below. Without drawing if `dry_run`."""
    write = paper.bottom if dry_run else paper.words
    for line in text.split("\n"):
        is_item = line.startswith("- ")
        if is_item:
            write("•", MARGIN + 0.5, y, 5, size)
        indent = 5 if is_item else 0
        y = write(line.removeprefix("- "), MARGIN + indent, y, ROOM - indent, size, leading=1.38) + size * 0.2
    return y
