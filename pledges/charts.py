"""The 1 made of people: dots in fixed places, so that a new supporter never moves one already drawn."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# For 100, 200, 400 and 500 places: [x, y] in a viewBox of 300 × 640, in the order they are taken. Made by Lloyd's relaxation
# inside the numeral's polygon, ordered by the least-filled neighbourhood.
PLACES = Path(__file__).parent / "data" / "mosaic-places.json"
# The numeral: 152,0 300,0 300,640 148,640 148,178 0,246 0,108.
WIDTH, HEIGHT = 300, 640
AREA_OF_THE_ONE = 120448


@dataclass(frozen=True)
class Mosaic:
    """What a template draws: `dots` are (sector, path) pairs, `empty` the path of free places, `next` the x, y and radius of
    the free place that is yours. Lengths are text: a number would get a decimal comma in Albanian.
    """

    unit: int
    taken: int
    places: int
    width: str
    dots: list
    empty: str
    next: tuple | None


def _count(goal):
    """How many places: a number that divides the usual goals, so that a dot is a round number of people."""
    if goal in (100, 200):
        return goal
    return 400 if str(goal).startswith("2") else 500


@cache
def _all_places():
    return json.loads(PLACES.read_text())


def places(count):
    """The [x, y] of 100, 200, 400 or 500 places in a box of WIDTH × HEIGHT, in the order they are taken."""
    return _all_places()[str(count)]


def dot_width(count):
    """The diameter of a dot when there are so many places."""
    return 0.77 * (AREA_OF_THE_ONE / count) ** 0.5


def _path(points):
    return "".join(f"M{x:g} {y:g}h.01" for x, y in points)


def mosaic(sectors, goal):
    """The Mosaic of (sector, people) pairs towards `goal` (1, 2 or 5 × 10ⁿ, or any other that staff set).

    A dot is `unit` people. Sectors share the dots by largest remainder, each that has anyone gets one, and they are
    interleaved (Sainte-Laguë), so that no colour clots.
    """
    total = sum(people for _, people in sectors)
    count = _count(goal)
    free = places(count)
    unit = max(1, -(-goal // count))
    taken = min(count, max(total // unit, sum(1 for _, people in sectors if people), 1 if total else 0))
    order = _interleaved(_shares(sectors, total, taken))
    dots = [
        (sector, _path(point for point, index in zip(free, order, strict=False) if index == number))
        for number, (sector, _) in enumerate(sectors)
        if number in order
    ]
    width = dot_width(count)
    return Mosaic(
        unit=unit,
        taken=taken,
        places=count,
        width=f"{width:.1f}",
        dots=dots,
        empty=_path(free[taken + 1 :]),
        next=tuple(f"{value:g}" for value in (*free[taken], width / 2)) if taken < count else None,
    )


def _shares(sectors, total, taken):
    """How many of the `taken` dots each sector gets: largest remainder, at least one where anyone is."""
    if not total:
        return [0] * len(sectors)
    exact = [people * taken / total for _, people in sectors]
    shares = [max(int(share), 1 if people else 0) for share, (_, people) in zip(exact, sectors, strict=True)]
    by_remainder = sorted(range(len(sectors)), key=lambda i: shares[i] - exact[i])
    while sum(shares) < taken:
        shares[by_remainder.pop(0)] += 1
    while sum(shares) > taken:
        # A sector's one dot took the place of another's: the largest gives way.
        shares[max(range(len(sectors)), key=lambda i: shares[i])] -= 1
    return shares


def _interleaved(shares):
    """Sector numbers in the order in which they take places."""
    order, given = [], [0] * len(shares)
    for _ in range(sum(shares)):
        number = max(
            (i for i in range(len(shares)) if given[i] < shares[i]), key=lambda i: shares[i] / (2 * given[i] + 1)
        )
        given[number] += 1
        order.append(number)
    return order
