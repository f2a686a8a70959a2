"""The four handouts, in the active language: a colouring sheet, a certificate, a poster for the wall, a lesson outline.

Each function returns the bytes of a PDF. `words` is a Handout. No handout names a person.
"""

from django.conf import settings
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaign.handouts.paper import MARGIN, PAGE_HEIGHT, PAGE_WIDTH, ROOM, Paper
from pledges.figures import colors
from pledges.figures.brand import brand, web_address
from pledges.figures.mosaic import HEIGHT, WIDTH
from pledges.numbers import number

# The side of a QR code on A4: one module is about a millimetre.
CODE = 30
# Below the last line of what a handout says: address, code and source.
FOOT = PAGE_HEIGHT - MARGIN - CODE


def sheet(words, group, size):
    """The 1 with one empty dot for each counted person of a group, to be coloured by hand."""
    count = group.total_counted
    paper = Paper(f"{words.title} 1", size)
    height = PAGE_HEIGHT - 2 * MARGIN
    width = height * WIDTH / HEIGHT
    # Beside the stem, below the flag.
    room = PAGE_WIDTH - MARGIN - width + 148 / WIDTH * width - 2 * MARGIN
    alternative = ngettext(
        "The numeral 1 with %(count)s empty dot", "The numeral 1 with %(count)s empty dots", count
    ) % {"count": number(count)}
    paper.words(brand(), MARGIN, MARGIN, 60, 15, bold=True)
    paper.numeral(PAGE_WIDTH - MARGIN - width, MARGIN, height, count, alternative)
    # "Ne jemi", and the numeral beside it is the 1.
    title = words.title.replace(" ", "\n") if words.title.count(" ") == 1 else words.title
    below = paper.words(title, MARGIN, 128, room, 66, smallest=18, height=56, bold=True, leading=1)
    below = paper.words(words.text, MARGIN, below + 6, room, 15, smallest=9, height=30)
    paper.words(group.title, MARGIN, below + 4, room, 11, smallest=7, height=20, color=colors.QUIET)
    foot(paper, reverse("campaign:home"), room)
    return paper.output()


def certificate(words, group, promises, movement, sectors):
    """What a group is counted for: its number, kind, grade and institution. `movement` says what the movement is.

    Its dots have the colours of the group's own sectors, of {id: Sector}, evenly mixed.
    """
    count = group.total_counted
    mixed = sorted(
        ((2 * n + 1) / people, sectors[int(pk)].color) for pk, people in group.counted.items() for n in range(people)
    )
    paper = Paper(words.title)
    height, left = 165, 100
    width = height * WIDTH / HEIGHT
    top = paper.words(brand(), MARGIN, MARGIN, left, 15, bold=True) + 8
    paper.numeral(
        *(PAGE_WIDTH - MARGIN - width, MARGIN, height, min(count, 200)),
        _("The numeral 1 made of dots"),
        colored=[colors.SECTORS[int(color.removeprefix("s")) - 1] for _place, color in mixed],
    )
    below = paper.words(words.title, MARGIN, top, 80, 40, smallest=20, height=48, bold=True, leading=1.05)
    below = paper.words(number(count), MARGIN, max(below + 10, 92), left, 76, bold=True, leading=1)
    below = paper.words(ngettext("person", "people", count), MARGIN, below, left, 22, bold=True)
    below = paper.words(group.title, MARGIN, below + 6, left - 4, 17, smallest=9, height=32, bold=True)
    paper.words(words.text, MARGIN, below + 3, left - 4, 14, smallest=8, height=28)
    paper.line(MARGIN, 196, ROOM)
    below = paper.words(" ".join(promises), MARGIN, 202, ROOM, 27, smallest=14, height=26, bold=True)
    paper.words(formats.date_format(group.held_on, "DATE_FORMAT"), MARGIN, below + 3, ROOM, 14)
    # For a name in ink: the site knows none.
    paper.line(PAGE_WIDTH - MARGIN - 80, below + 12, 80)
    paper.words(_("The adult with the group"), PAGE_WIDTH - MARGIN - 80, below + 13, 80, 10, color=colors.QUIET)
    foot(paper, reverse("campaign:home"), ROOM, movement)
    return paper.output()


def wall(words, promises, helpline, size):
    """The three promises, and whom a child can call. `promises` are (title, text); `helpline` is a number, "" for none."""
    paper = Paper(words.title, size)
    below = paper.words(brand(), MARGIN, MARGIN, ROOM, 15, bold=True)
    below = paper.words(words.title, MARGIN, below + 3, ROOM, 40, smallest=20, height=34, bold=True, leading=1.05)
    for title, text in promises:
        below = paper.words(title, MARGIN, below + 6, ROOM, 34, smallest=16, height=15, bold=True, leading=1.1)
        below = paper.words(text, MARGIN, below, ROOM, 16, smallest=9, height=15)
    top, inner = below + 10, MARGIN + 9
    paper.area(MARGIN, top, ROOM, FOOT - 8 - top, colors.GROUND)
    first, _line, rest = words.text.partition("\n")
    below = paper.words(first, inner, top + 7, ROOM - 18, 22, smallest=12, height=20, bold=True)
    below = paper.words(helpline, inner, below + 1, ROOM - 18, 60, bold=True, leading=1.1) if helpline else below
    room = FOOT - 8 - 6 - below - 2
    paper.words(rest.strip(), inner, below + 2, ROOM - 18, 17, smallest=8, height=room)
    foot(paper, reverse("campaign:help"), ROOM)
    return paper.output()


def lesson(words, size="A4"):
    """An outline of a lesson. A line that begins with "# " is a heading, one with "- " an item of a list."""
    paper = Paper(words.title, size)
    paper.words(web_address(), MARGIN, MARGIN, ROOM, 12, bold=True, align="R")
    below = paper.words(brand(), MARGIN, MARGIN, ROOM, 12, bold=True)
    below = paper.words(words.title, MARGIN, below + 1, ROOM, 26, smallest=16, height=24, bold=True, leading=1.1) + 2
    for line in words.text.split("\n"):
        below = _outline(paper, line.strip(), below)
    return paper.output()


def _outline(paper, line, y):
    """Write one line of an outline, on a new page if it is too long for this one; returns the y below it."""
    text = line.removeprefix("# ").removeprefix("- ")
    is_heading, indent = line.startswith("# "), 4 if line.startswith("- ") else 0
    place = MARGIN + indent, y + (2.5 if is_heading else 0.8), ROOM - indent, 12 if is_heading else 10.5
    # A heading keeps two lines of what follows below it.
    if paper.bottom(text, *place, bold=is_heading) + (12 if is_heading else 0) > PAGE_HEIGHT - MARGIN:
        paper.turn()
        place = place[0], MARGIN, *place[2:]
    if indent:
        paper.words("•", MARGIN + 0.5, *place[1:])
    return paper.words(text, *place, bold=is_heading)


def foot(paper, path, room, movement=""):
    """Write the site's address beside a QR code that opens the page at this path."""
    link = settings.SITE_URL + path
    paper.code(link, MARGIN, FOOT, CODE, _("QR code: %(link)s") % {"link": link})
    left, rest = MARGIN + CODE + 5, room - CODE - 5
    below = paper.words(web_address(), left, FOOT + (8 if movement else 11), rest, 17, smallest=9, height=8, bold=True)
    if movement:
        paper.words(movement, left, below, min(rest, 90), 10, smallest=8, height=14, color=colors.QUIET)
