"""Places of any number of dots in the numeral 1, whose outline is that of the mosaic (pledges/figures/mosaic.py)."""

import json
from dataclasses import dataclass
from functools import lru_cache
from math import dist, floor, hypot
from operator import itemgetter
from pathlib import Path

from pledges.figures.mosaic import HEIGHT, WIDTH

# For 1 to 60 dots, a class or a club: [[x, y], …]. Computed by Lloyd's relaxation, like those of the mosaic.
FEW_PLACES = Path(__file__).parent / "places.json"
OUTLINE = ((152, 0), (300, 0), (300, HEIGHT), (148, HEIGHT), (148, 178), (0, 246), (0, 108))
# Of the distance between two dots, and of twice the distance to the outline: how much of it a dot takes.
FILLED, FILLED_AT_THE_EDGE = 0.8, 0.9
# From the outline to the middles of the dots in rows, of their distance.
MARGIN = 0.45
# The smallest distance of two dots in a row, of the usual one.
CLOSEST = 0.75


@dataclass(frozen=True)
class Places:
    """Middles of dots and their diameter, in units of the numeral's box of WIDTH × HEIGHT. No two dots touch."""

    points: tuple[tuple[float, float], ...]
    diameter: float


@lru_cache(maxsize=200)
def places(count):
    """The Places of `count` dots, at least 1, evenly spread over the numeral."""
    few = json.loads(FEW_PLACES.read_text(encoding="utf-8"))
    points = few[str(count)] if str(count) in few else _in_rows(count)
    points = tuple(sorted(map(tuple, points), key=itemgetter(1)))
    return Places(points, min(FILLED * _nearest(points), FILLED_AT_THE_EDGE * 2 * min(map(to_the_edge, points))))


def _in_rows(count):
    """The points of rows of equal height; each row has its share of the dots by its width, spread over all of it."""
    spacing, points = HEIGHT, []
    # Rows may have room and still be too short for the dots that rounding gives them.
    while len(points) < count:
        spacing *= 0.99
        spans = _spans(spacing)
        points = list(_filled(spans, spacing, count)) if _room(spans, spacing) >= count else []
    return points


def _filled(spans, spacing, count):
    """Yield the points of these spans, at most `count`."""
    room, passed, taken = _room(spans, spacing), 0, 0
    for y, left, right in spans:
        passed += (right - left) / spacing + 1
        # What rounding takes from one row, it gives to the next.
        own = min(floor(count * passed / room + 0.5) - taken, floor((right - left) / (CLOSEST * spacing)) + 1)
        taken += own
        for n in range(own):
            yield left + (right - left) * (n / (own - 1) if own > 1 else 0.5), y


def _room(spans, spacing):
    """How many dots at this distance fit, not a whole number."""
    return sum((right - left) / spacing + 1 for _y, left, right in spans)


def _spans(spacing):
    """[(y, left, right)] of rows at this distance, which keep MARGIN of it from the outline. Below the flag it is the stem."""
    margin = MARGIN * spacing
    rows = max(1, round((HEIGHT - 2 * margin) / spacing))
    spans = []
    for row in range(rows + 1):
        y = margin + (HEIGHT - 2 * margin) * row / rows
        # The edges of the flag, moved by the margin.
        upper = 152 * (1 - y / 108) + margin * hypot(152, 108) / 108
        lower = 148 * (246 - y) / 68 - margin * hypot(148, 68) / 68
        left, stem = max(margin, upper), 148 + margin
        if lower >= stem:
            spans.append((y, left, WIDTH - margin))
            continue
        if (right := min(lower, stem - CLOSEST * spacing)) > left:
            spans.append((y, left, right))
        spans.append((y, stem, WIDTH - margin))
    return spans


def _nearest(points):
    """The smallest distance of two points, given from the top to the bottom; the height of the numeral for a single one."""
    smallest = HEIGHT
    for n, point in enumerate(points):
        for other in points[n + 1 :]:
            if other[1] - point[1] >= smallest:
                break
            smallest = min(smallest, dist(point, other))
    return smallest


def to_the_edge(point):
    """The distance of a point within the numeral to its outline."""
    return min(_to_line(point, *ends) for ends in zip(OUTLINE, (*OUTLINE[1:], OUTLINE[0]), strict=True))


def _to_line(point, start, end):
    along = (end[0] - start[0], end[1] - start[1])
    seen = (point[0] - start[0], point[1] - start[1])
    share = max(0, min(1, (seen[0] * along[0] + seen[1] * along[1]) / (along[0] ** 2 + along[1] ** 2)))
    return hypot(seen[0] - share * along[0], seen[1] - share * along[1])
