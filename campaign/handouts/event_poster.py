"""The poster of an event with a large QR code, in the active language."""

from django.utils.translation import gettext as _

from campaign.handouts.paper import MARGIN, PAGE_HEIGHT, PAGE_WIDTH, ROOM, Paper
from pledges.figures import colors
from pledges.figures.brand import brand
from pledges.figures.mosaic import HEIGHT, WIDTH

# The side of the QR code on A4, to be scanned from some steps away.
CODE = 84
FOOT = PAGE_HEIGHT - MARGIN - 12
# The number of coloured dots of the 1 beside it.
DOTS = 40


def poster(title, lines, link, size, *, call, address):
    """The bytes of a PDF on paper of `size` "A4" or "A3": title, lines, and a QR code that opens `link`.

    `call` says what happens when it is scanned. `address` is written at the foot, for people who cannot scan.
    """
    paper = Paper(title, size)
    below = paper.words(brand(), MARGIN, MARGIN, ROOM, 18, bold=True)
    below = paper.words(title, MARGIN, below + 5, ROOM, 56, smallest=24, height=76, bold=True, leading=1.05)
    below += 4
    for line in lines:
        below = paper.words(line, MARGIN, below + 2, ROOM, 21, smallest=12, height=18, leading=1.2)
    top = FOOT - CODE - 6
    paper.words(call, MARGIN, top - 24, ROOM, 27, smallest=14, height=20, bold=True, leading=1.15)
    paper.code(link, MARGIN, top, CODE, _("QR code: %(link)s") % {"link": link})
    width = CODE * WIDTH / HEIGHT
    paper.numeral(
        *(PAGE_WIDTH - MARGIN - width, top, CODE, DOTS),
        _("The numeral 1 made of dots"),
        colored=colors.SECTORS[:8],
    )
    paper.words(address, MARGIN, FOOT, ROOM, 17, smallest=8, height=8, bold=True)
    return paper.output()
