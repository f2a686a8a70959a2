"""What became of a commitment, as dots: those who have done it, and those who did not answer, in one drawing.

A dot stands for the same number of people, at least five, because the figures are multiples of five.
"""

from dataclasses import dataclass

from pledges.numbers import one_two_five
from pledges.published.rule import STEP

COLUMNS, MAX_DOTS = 20, 60
# The distance of two dots, and the radius of one, in units of the viewBox.
SPACING, RADIUS = 10, 3.6


@dataclass(frozen=True)
class KeptFigures:
    """The drawing of the figures of one commitment.

    `unit` is the number of people a dot stands for. `marks` are (kind, people, path data) of done, going_on, cannot_say, rest
    and silent, in the order in which they are drawn.
    """

    unit: int
    marks: list
    height: int

    @property
    def width(self):
        """The width of the viewBox."""
        return COLUMNS * SPACING


def kept(figures):
    """The drawing of CommitmentFigures; None if too few were asked, or most of them are in parts too small to be shown."""
    if not figures or not figures.asked or figures.rest > figures.asked / 2:
        return None
    kinds = ("done", "going_on", "cannot_say", "rest", "silent")
    # The parts are blurred each, so their sum can be above the number of people who were asked.
    all_people = sum(getattr(figures, kind) for kind in kinds)
    unit = next(size for size in one_two_five() if size >= STEP and all_people <= size * MAX_DOTS)
    marks, people, drawn = [], 0, 0
    for kind in kinds:
        people += getattr(figures, kind)
        # Rounded from the beginning of the row, so that the dots of all kinds are as many as those of all people.
        last = round(people / unit)
        marks.append((kind, getattr(figures, kind), "".join(SHAPES[kind](*_place(n)) for n in range(drawn, last))))
        drawn = last
    return KeptFigures(unit=unit, marks=marks, height=SPACING * -(-drawn // COLUMNS))


def _place(number):
    """The middle of a dot."""
    row, column = divmod(number, COLUMNS)
    return SPACING * column + SPACING / 2, SPACING * row + SPACING / 2


def _circle(x, y, radius=RADIUS):
    return f"M{x - radius:g} {y:g}a{radius} {radius} 0 1 0 {2 * radius:g} 0a{radius} {radius} 0 1 0 {-2 * radius:g} 0Z"


# {kind: function of the middle that returns path data}. The shapes differ, because colour alone must not tell.
SHAPES = {
    "done": _circle,
    "going_on": lambda x, y: _circle(x, y) + _circle(x, y, RADIUS / 2),
    "cannot_say": lambda x, y: _circle(x, y, RADIUS / 2.5),
    "rest": lambda x, y: f"M{x - RADIUS / 1.5:g} {y:g}h{2 * RADIUS / 1.5:g}",
    "silent": _circle,
}


def kept_sign(kind):
    """The path data of one mark of this kind, for the legend, in a viewBox of 10 × 10."""
    return SHAPES[kind](*_place(0))
