"""The mosaic: the numeral 1 made of dots, each of which stands for the same number of people.

Lengths that a template writes are text, since Django localises numbers: a float gets a decimal comma in Albanian.
"""

import json
from dataclasses import dataclass
from functools import cache
from math import dist
from pathlib import Path
from types import SimpleNamespace

from django.utils.translation import ngettext

from pledges.numbers import number, one_two_five

# For 100, 200, 400 and 500 places: [x, y] in a viewBox of WIDTH × HEIGHT, in the order in which they are taken. Computed by
# Lloyd's relaxation inside the numeral's polygon and ordered by the least-filled neighbourhood.
_FILE = Path(__file__).parent / "data" / "mosaic-places.json"
PLACES = {int(count): places for count, places in json.loads(_FILE.read_text()).items()}
# The numeral: 152,0 300,0 300,640 148,640 148,178 0,246 0,108.
WIDTH, HEIGHT = 300, 640
AREA_OF_THE_NUMERAL = 120448
MAX_PLACES = 500
NEUTRAL_PLACES = 200
# The site starts with eight sectors.
NEUTRAL_COLORS = 8
# The dot of the person who was just counted: at the left edge of the stem, where its label has room.
OWN_PLACE, OWN_RADIUS = (168, 330), 11
# From the edge of this dot to the middle line of its ring, and to what is outside of the ring.
RING_DISTANCE, CLEAR_DISTANCE = 6.5, 10
# Pictures without a figure show MAX_PLACES places, of which this many are taken.
PATTERN_TAKEN = 300
# The visitor's place is the one at the left edge of the stem that is nearest to this height.
VISITOR_HEIGHT = 330
# The outer radius of the ring around it on narrow screens, where it is drawn larger (static/css/components.css).
WIDE_RING = 14.5


@dataclass(frozen=True)
class Mosaic:
    """The mosaic of a total.

    `unit` is the number of people a dot stands for; `taken` of `places` places have a dot. `dots` are (sector, people, path
    data) of every sector and `free_path` is the path data of free places, in the order in which they are taken.
    `visitor_place` is the place offered to the visitor (x, y and radius), which is taken last, or None if no place is free.
    Of the free places, the last `near_visitor` are those that a ring of WIDE_RING touches: it fits while they are free.
    """

    total: int
    unit: int
    taken: int
    places: int
    dot_width: str
    dots: list
    free_path: str
    visitor_place: tuple | None
    near_visitor: int

    @property
    def legend(self):
        """How many people a dot stands for, as a sentence in the active language."""
        return ngettext(
            "Each dot stands for one person. Pale dots are places still to fill.",
            "Each dot stands for %(unit)s people. Pale dots are places still to fill.",
            self.unit,
        ) % {"unit": number(self.unit)}

    @property
    def has_wide_ring(self):
        """Whether the ring may be wider than a dot."""
        return float(self.visitor_place[2]) < WIDE_RING and self.places - self.taken > self.near_visitor

    @property
    def paths(self):
        """(color class such as "s1", or "" for free places; path data) of all dots drawn."""
        visitor = "M{} {}h.01".format(*self.visitor_place[:2]) if self.visitor_place else ""
        return (("", self.free_path + visitor), *((sector.color, path) for sector, _, path in self.dots))


def neutral_paths():
    """(color class, path data) of a full mosaic in which the colours of the first sectors take turns.

    Its dots are NEUTRAL_DOT_WIDTH wide.
    """
    return _in_turns(PLACES[NEUTRAL_PLACES])


def _in_turns(places):
    """(color class, path data) of places of which the colours of the first sectors take turns."""
    return tuple((f"s{n + 1}", _path(places[n::NEUTRAL_COLORS])) for n in range(NEUTRAL_COLORS))


@cache
def pattern_paths(own=""):
    """((color class, path data), …) of a mosaic that shows no figure: taken places, and free ones under the class "".

    The colours of the first sectors take turns. With `own`, the colour of one sector, a third of the taken places has it and the
    rest are "other". Its dots are PATTERN_DOT_WIDTH wide.
    """
    places = PLACES[MAX_PLACES]
    taken, free = places[:PATTERN_TAKEN], places[PATTERN_TAKEN:]
    if own:
        # The first places are evenly spread over the 1.
        third = PATTERN_TAKEN // 3
        return (("", _path(free)), ("other", _path(taken[third:])), (own, _path(taken[:third])))
    return (("", _path(free)), *_in_turns(taken))


def _dot_width(count):
    """The diameter of a dot in a mosaic of `count` places, in units of the viewBox."""
    return 0.77 * (AREA_OF_THE_NUMERAL / count) ** 0.5


NEUTRAL_DOT_WIDTH, PATTERN_DOT_WIDTH = (f"{_dot_width(count):.1f}" for count in (NEUTRAL_PLACES, MAX_PLACES))


def mosaic(sectors, goal):
    """The Mosaic of (sector, people) pairs towards `goal`.

    Places are taken in one fixed order, so a taken place stays taken while people are added and the unit is the same.
    Sectors share the dots by largest remainder, with at least one dot for a sector that has people, and are interleaved by
    the Sainte-Laguë method, so that no colour clusters.
    """
    unit, needed, count = _unit_and_places(goal)
    width = _dot_width(count)
    places, near_visitor = _visitor_last(PLACES[count][:needed], width)
    dots, free = _filled(sectors, unit, places)
    return Mosaic(
        total=sum(people for _, people in sectors),
        unit=unit,
        taken=needed - len(free),
        places=needed,
        dot_width=f"{width:.1f}",
        dots=dots,
        free_path=_path(free[:-1]),
        visitor_place=tuple(f"{value:g}" for value in (*free[-1], round(width / 2, 1))) if free else None,
        near_visitor=near_visitor,
    )


def own_mosaic(sectors, goal, sector=None):
    """The mosaic of (sector, people) pairs towards `goal`, one of whose people in `sector` has just been counted.

    All others are in `paths`, as Mosaic.paths. `x`, `y` and `radius` are those of their own dot, `ring` is the radius of the ring
    around it; places that touch it are left out. Without a sector the ring is their place, and empty.
    """
    others = [(each, people - (each == sector)) for each, people in sectors]
    unit, needed, count = _unit_and_places(goal)
    width = _dot_width(count)
    radius = max(OWN_RADIUS, width / 2)
    room = radius + CLEAR_DISTANCE + width / 2
    usual, _near_visitor = _visitor_last(PLACES[count][:needed], width)
    places = [place for place in usual if dist(place, OWN_PLACE) >= room]
    dots, free = _filled(others, unit, places)
    return SimpleNamespace(
        total=sum(people for _, people in sectors),
        unit=unit,
        sector=sector,
        paths=(("", _path(free)), *((each.color, path) for each, _, path in dots)),
        dot_width=f"{width:.1f}",
        x=OWN_PLACE[0],
        y=OWN_PLACE[1],
        radius=f"{radius:.1f}",
        ring=f"{radius + RING_DISTANCE:.1f}",
    )


def _filled(sectors, unit, places):
    """(dots, free places): the first places as (sector, people, path data) of every sector, and the [x, y] of all others."""
    total = sum(people for _, people in sectors)
    taken = min(len(places), max(total // unit, sum(1 for _, people in sectors if people)))
    points = [[] for _ in sectors]
    for point, index in zip(places, _interleaved(_shares(sectors, total, taken)), strict=False):
        points[index].append(point)
    dots = [(sector, people, _path(own)) for (sector, people), own in zip(sectors, points, strict=True)]
    return dots, places[taken:]


def _visitor_last(places, width):
    """(the places in the order in which they are taken, how many are near the visitor's).

    The visitor's place is the last, and before it those that its ring touches. It is at the left edge of the stem, where its
    label has room: one of the first ten places is (MIN_PEOPLE of pledges/goals/models.py).
    """
    beside = [place for place in places if place[0] < 148 + width and 285 <= place[1] <= 560]
    visitor = min(beside, key=lambda place: abs(place[1] - VISITOR_HEIGHT))
    others = [place for place in places if place is not visitor]
    near = [place for place in others if dist(place, visitor) < WIDE_RING + width / 2]
    return [*(place for place in others if place not in near), *near, visitor], len(near)


def _unit_and_places(goal):
    """(people per dot, places needed, places prepared) for a goal."""
    unit = next(unit for unit in one_two_five() if -(-goal // unit) <= MAX_PLACES)
    needed = -(-goal // unit)
    return unit, needed, next(count for count in PLACES if count >= needed)


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
