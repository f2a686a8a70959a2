"""The mosaic: the numeral 1 made of dots, each of which stands for the same number of people.

Lengths that a template writes are text, since Django localises numbers: a float gets a decimal comma in Albanian.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import gettext, ngettext

from pledges.models.numbers import number

# For 100, 200, 400 and 500 places: [x, y] in a viewBox of WIDTH × HEIGHT, in the order in which they are taken. Computed by
# Lloyd's relaxation inside the numeral's polygon and ordered by the least-filled neighbourhood.
PLACES = Path(__file__).parent / "data" / "mosaic-places.json"
# The numeral: 152,0 300,0 300,640 148,640 148,178 0,246 0,108.
WIDTH, HEIGHT = 300, 640
AREA_OF_THE_NUMERAL = 120448
MAX_PLACES = 500
NEUTRAL_PLACES, NEUTRAL_DOT_WIDTH = 200, "18.9"
# The site starts with eight sectors.
NEUTRAL_COLORS = 8


@dataclass(frozen=True)
class Mosaic:
    """The mosaic of a total.

    `unit` is the number of people a dot stands for; `taken` of `places` places have a dot. `dots` are (sector, people, path
    data) of every sector and `free_path` is the path data of free places, in the order in which they are taken.
    `visitor_place` is the free place offered to the visitor (x, y and radius), or None if no place is free;
    `visitor_index` is its index among the free places, and `has_label` says whether its label has room.
    """

    total: int
    unit: int
    taken: int
    places: int
    dot_width: str
    dots: list
    free_path: str
    visitor_place: tuple | None
    visitor_index: int
    has_label: bool

    @property
    def legend(self):
        """How many people a dot stands for, as a sentence in the active language."""
        dot = ngettext(
            "Each dot is one person, in the colour of their group.",
            "Each dot is %(people)s people, in the colour of their group.",
            self.unit,
        ) % {"people": number(self.unit)}
        return f"{dot} {gettext('Pale dots are free places up to the goal; the ringed one is yours.')}"

    @property
    def paths(self):
        """(color class such as "s1", or "" for free places; path data) of all dots drawn."""
        visitor = "M{} {}h.01".format(*self.visitor_place[:2]) if self.visitor_place else ""
        return (("", self.free_path + visitor), *((sector.color, path) for sector, _, path in self.dots))


def one_two_five():
    """The 1-2-5 series: 1, 2, 5, 10, 20, 50 and so on."""
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def neutral_paths():
    """(color class, path data) of a full mosaic in which the colours of the first sectors take turns.

    Its dots are NEUTRAL_DOT_WIDTH wide.
    """
    places = _places(NEUTRAL_PLACES)
    return tuple((f"s{n + 1}", _path(places[n::NEUTRAL_COLORS])) for n in range(NEUTRAL_COLORS))


@cache
def _all_places():
    return json.loads(PLACES.read_text())


def _places(count):
    """The [x, y] of 100, 200, 400 or 500 places in a box of WIDTH × HEIGHT, in the order in which they are taken."""
    return _all_places()[str(count)]


def _dot_width(count):
    """The diameter of a dot in a mosaic of `count` places, in units of the viewBox."""
    return 0.77 * (AREA_OF_THE_NUMERAL / count) ** 0.5


def mosaic(sectors, goal):
    """The Mosaic of (sector, people) pairs towards `goal`.

    Places are taken in one fixed order, so a taken place stays taken while people are added and the unit is the same.
    Sectors share the dots by largest remainder, with at least one dot for a sector that has people, and are interleaved by
    the Sainte-Laguë method, so that no colour clusters.
    """
    total = sum(people for _, people in sectors)
    unit, needed, count = _unit_and_places(goal)
    prepared = _places(count)[:needed]
    taken = min(needed, max(total // unit, sum(1 for _, people in sectors if people)))
    points = [[] for _ in sectors]
    for point, index in zip(prepared, _interleaved(_shares(sectors, total, taken)), strict=False):
        points[index].append(point)
    dots = [(sector, people, _path(own)) for (sector, people), own in zip(sectors, points, strict=True)]
    width, free = _dot_width(count), prepared[taken:]
    visitor_index, has_label = _visitor_index(free, width)
    return Mosaic(
        total=total,
        unit=unit,
        taken=taken,
        places=needed,
        dot_width=f"{width:.1f}",
        dots=dots,
        free_path=_path(free[:visitor_index] + free[visitor_index + 1 :]),
        visitor_place=tuple(f"{value:g}" for value in (*free[visitor_index], round(width / 2, 1))) if free else None,
        visitor_index=visitor_index,
        has_label=has_label,
    )


def _unit_and_places(goal):
    """(people per dot, places needed, places prepared) for a goal."""
    unit = next(unit for unit in one_two_five() if -(-goal // unit) <= MAX_PLACES)
    needed = -(-goal // unit)
    return unit, needed, next(count for count in (100, 200, 400, 500) if count >= needed)


def _visitor_index(free, width):
    """(index of the visitor's place among the free places, whether its label has room): at the stem's left edge it has."""
    beside = [(y, index) for index, (x, y) in enumerate(free) if x < 148 + width and 285 <= y <= 560]
    return (min(beside)[1], True) if beside else (0, False)


def _shares(sectors, total, taken):
    """The number of dots of each sector: largest remainder, at least one for a sector that has people."""
    if not total:
        return [0] * len(sectors)
    exact = [people * taken / total for _, people in sectors]
    shares = [max(int(share), 1 if people else 0) for share, (_, people) in zip(exact, sectors, strict=True)]
    by_remainder = sorted(range(len(sectors)), key=lambda i: shares[i] - exact[i])
    while sum(shares) < taken:
        shares[by_remainder.pop(0)] += 1
    while sum(shares) > taken:
        # The minimum of one dot exceeded the number of dots: the largest sector gives one up.
        shares[max(range(len(sectors)), key=lambda i: shares[i])] -= 1
    return shares


def _interleaved(shares):
    """Indices of sectors in the order in which they take places (Sainte-Laguë: by the quotients share / (2 n + 1))."""
    quotients = [((2 * n + 1) / share, index) for index, share in enumerate(shares) for n in range(share)]
    return [index for _quotient, index in sorted(quotients)]


def _path(points):
    """Path data of dots: lines almost without length, which round line caps turn into discs."""
    return "".join(f"M{x:g} {y:g}h.01" for x, y in points)
