"""The rule by which small numbers are published. Why it has these constants: docs/decisions.md.

Each night `people + offset + blur` is compared with what is shown. The offset is drawn once for each figure, the blur each
night. What is shown follows from these sums alone, so it tells nothing more than they do.
- The offset never changes, so that no number of looks tells people from offset.
- The blur makes each outcome of a night nearly as likely with one person more: by at most a factor of e ** (1 / BLUR).
- MOVE is twice what an attacker with ten mailboxes can add, so they hardly ever move a figure and see few outcomes.
- From SMALLEST on a figure is shown, so a figure of a few people stays hidden with these accounts too.
"""

import math
import random

# Offsets are from -OFFSETS / 2 up.
OFFSETS = 30
# The scale of the blur, a two-sided geometric distribution.
BLUR = 6
# A figure moves by about this many people at least.
MOVE = 40
# A smaller figure is not shown.
SMALLEST = 60
STEP = 5
# A figure is not shown if an exact number that it is a part of exceeds it by less.
MARGIN = 40
# Answers are shown from this many people on whom we asked.
SMALLEST_ASKED = 100

_random = random.SystemRandom()


def draw_offset():
    """The offset of a new figure, which is kept."""
    return _random.randrange(OFFSETS) - OFFSETS // 2


def draw_blur(source=_random):
    """The blur of one figure in one night."""

    def geometric():
        return int(math.log(1 - source.random()) * -BLUR)

    return geometric() - geometric()


def next_shown(shown, blurred):
    """What is shown after this night, 0 for nothing; `blurred` is people + offset + blur."""
    if abs(blurred - shown) < MOVE:
        return shown
    return STEP * round(blurred / STEP) if blurred >= SMALLEST else 0
