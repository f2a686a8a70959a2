"""What is drawn on pages: the 1 made of people, the map of counties, the line of growth. Numbers and places, no markup.

Lengths that a template writes are text: a number would get a decimal comma in Albanian.
"""

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from pledges.numbers import decimal, number

DATA = Path(__file__).parent / "data"
# For 100, 200, 400 and 500 places: [x, y] in a viewBox of 300 × 640, in the order they are taken. Made by Lloyd's relaxation
# inside the numeral's polygon, ordered by the least-filled neighbourhood.
PLACES = DATA / "mosaic-places.json"
# The numeral: 152,0 300,0 300,640 148,640 148,178 0,246 0,108.
WIDTH, HEIGHT = 300, 640
AREA_OF_THE_ONE = 120448
# {county's code: {"label": [x, y], "d": outline}} in a viewBox of 287 × 640; see docs/counties-licence.md.
COUNTIES = DATA / "counties.json"


@dataclass(frozen=True)
class Mosaic:
    """The 1: `dots` are (sector, people, path) of every sector, `empty` the path of free places in the order they are taken.

    `yours` is one of those (x, y and radius) and stands `turn` places from the first; `is_named`: there is room for its words.
    """

    total: int
    unit: int
    taken: int
    places: int
    width: str
    dots: list
    empty: str
    yours: tuple | None
    turn: int
    is_named: bool

    @property
    def words(self):
        """What a dot is, in the present language."""
        dot = ngettext(
            "Each dot is one person, in the colour of their group.",
            "Each dot is %(people)s people, in the colour of their group.",
            self.unit,
        ) % {"people": number(self.unit)}
        return f"{dot} {gettext('Pale dots are free places up to the goal; the ringed one is yours.')}"

    @property
    def colored(self):
        """(a sector's colour such as "s1" or "" for free places, the (x, y) of their dots) of all that is drawn."""
        yours = [(float(self.yours[0]), float(self.yours[1]))] if self.yours else []
        free = ("", (*points_in(self.empty), *yours))
        return (free, *((sector.color, tuple(points_in(path))) for sector, _, path in self.dots))


def _places_for(goal):
    """(people a dot, places, how many are prepared) for a goal: a dot is 1, 2 or 5 × 10ⁿ people, places are 500 at most."""
    unit = next(unit for unit in _round_numbers() if -(-goal // unit) <= 500)
    needed = -(-goal // unit)
    return unit, needed, next(count for count in (100, 200, 400, 500) if count >= needed)


def _round_numbers():
    """1, 2, 5, 10, 20, 50 and so on."""
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


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


def points_in(path):
    """The (x, y) of the dots of a path of the mosaic."""
    return [tuple(map(float, point.removesuffix("h.01").split())) for point in path.split("M")[1:]]


def mosaic(sectors, goal):
    """The Mosaic of (sector, people) pairs towards `goal`.

    A dot is `unit` people. Places are taken in one fixed order, so a place that is taken stays so as long as people come and the
    unit is the same. Sectors share the dots by largest remainder, each that has anyone gets one, and they are interleaved
    (Sainte-Laguë), so that no colour clots.
    """
    total = sum(people for _, people in sectors)
    unit, needed, count = _places_for(goal)
    prepared = places(count)[:needed]
    taken = min(needed, max(total // unit, sum(1 for _, people in sectors if people)))
    order = _interleaved(_shares(sectors, total, taken))
    dots = [
        (sector, people, _path(point for point, index in zip(prepared, order, strict=False) if index == own))
        for own, (sector, people) in enumerate(sectors)
    ]
    width, free = dot_width(count), prepared[taken:]
    turn, is_named = _yours(free, width)
    return Mosaic(
        total=total,
        unit=unit,
        taken=taken,
        places=needed,
        width=f"{width:.1f}",
        dots=dots,
        empty=_path(free[:turn] + free[turn + 1 :]),
        yours=tuple(f"{value:g}" for value in (*free[turn], round(width / 2, 1))) if free else None,
        turn=turn,
        is_named=is_named,
    )


def _yours(free, width):
    """Which of the free places is shown as yours, and whether words fit beside it: at the left edge of the stem they do."""
    beside = [(y, turn) for turn, (x, y) in enumerate(free) if x < 148 + width and 285 <= y <= 560]
    return (min(beside)[1], True) if beside else (0, False)


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


@dataclass(frozen=True)
class County:
    """A county on the map: its outline, its class of colour, and where its name and value stand."""

    county: object
    outline: str
    shade: str
    x: str
    y: str
    below: str
    value: str
    in_the_sea: bool


@dataclass(frozen=True)
class CountyMap:
    """Counties with their shades; `legend` are (shade, words), the darkest first."""

    counties: list
    legend: list


@cache
def outlines():
    """{county's code: {"label": [x, y], "d": outline}}."""
    return json.loads(COUNTIES.read_text())


def rate(county, people):
    """Supporters per 10,000 inhabitants, or None where nobody is known to live."""
    return people * 10_000 / county.population if county.population else None


def county_map(counties, per_10000=False):
    """The CountyMap of (county, people) pairs, by people or per 10,000 inhabitants; what has no outline is left out."""
    # What is compared as whole numbers, tenths per 10,000; whoever has anyone has at least one.
    say = decimal if per_10000 else number
    rows = [
        (county, value, max(round(value * 10) if per_10000 else value, bool(people)))
        for county, people in counties
        if county.code in outlines()
        for value in [round(rate(county, people) or 0, 1) if per_10000 else people]
    ]
    starts = _class_starts(sorted(compared for *_, compared in rows if compared))
    legend = [
        (
            _shade(start, starts),
            _class_words(*(bound and say(bound / 10 if per_10000 else bound) for bound in (start, end))),
        )
        for start, end in _classes(starts)
    ]
    if not all(compared for *_, compared in rows):
        legend.insert(0, ("q0", gettext("nobody yet")))
    return CountyMap(
        counties=[_on_the_map(county, _shade(compared, starts), say(value)) for county, value, compared in rows],
        legend=legend[::-1],
    )


def _classes(starts):
    """The first and last number of each class; the last class has no end."""
    return zip(starts, [*[start - 1 for start in starts[1:]], *([None] if starts else [])], strict=True)


def _class_words(start, end):
    if end is None:
        return gettext("%(number)s and more") % {"number": start}
    return start if start == end else gettext("%(from)s to %(to)s") % {"from": start, "to": end}


def _on_the_map(county, shade, value):
    x, y = outlines()[county.code]["label"]
    return County(
        county=county,
        outline=outlines()[county.code]["d"],
        shade=shade,
        x=f"{x:g}",
        y=f"{y:g}",
        below=f"{y + 15:g}",
        value=value,
        in_the_sea=x < 30,
    )


def _class_starts(values):
    """Where up to five classes begin so that each holds as many counties as the others, in numbers as round as that allows."""
    starts = []
    for fifth in range(5):
        at = fifth * len(values) // 5
        if values and (not starts or values[at] > starts[-1]):
            starts.append(_rounded_down(values[at], above=values[at - 1] if at else 0))
    return starts


def _rounded_down(value, above):
    """The roundest number that is not more than `value` and more than `above`."""
    power = 1
    while value // (10 * power) * 10 * power > above:
        power *= 10
    return value // power * power


def _shade(value, starts):
    """The darkest class is q5; where nobody is it is q0."""
    return f"q{5 - len(starts) + bisect_right(starts, value)}" if value else "q0"


# Days of the movement, by month: (month, first day, last day).
MOVEMENT_DAYS = ((6, 1, 1), (7, 23, 23), (11, 18, 19))
# More days than this are drawn by week.
LONGEST_BY_DAY = 60
TOP, FLOOR = 12, 86  # percent of the picture's height
LABEL_ROOM = 27  # percent of a phone's width that a label takes


@dataclass(frozen=True)
class GrowthChart:
    """How the total grew from the `first` day on, day by day or week by week. Places are percents of the picture.

    `steps` are (last day, new people, total); `ticks` (y, number); `dates` (x, words or "", row, anchor); `marks` (x, y, words
    or "", anchor) of milestones of people, the last one of today.
    """

    first: date
    by_week: bool
    steps: list
    line: str
    ticks: list
    dates: list
    marks: list


def growth_chart(days, until, milestones):
    """The GrowthChart of sorted (day, people) pairs up to the day `until`, with (day, words) milestones; None without any day."""
    if not days:
        return None
    steps = _steps(days, until)
    begin = steps[0][0]
    span = max(1, (until - begin).days)
    total = steps[-1][2]
    tick = next(size for size in _round_numbers() if size * 4 >= total)
    top = tick * -(-total // tick)

    def x(day):
        return 100 * (day - begin).days / span

    def y(people):
        return FLOOR - (FLOOR - TOP) * people / top

    points = [(x(day), y(so_far)) for day, _, so_far in steps]
    return GrowthChart(
        first=begin + timedelta(1),
        by_week=(steps[-1][0] - begin).days > LONGEST_BY_DAY,
        steps=steps[1:],
        line="L".join(f"{left:.2f} {(down - TOP) * 100 / (FLOOR - TOP):.2f}" for left, down in points),
        ticks=[(f"{y(people):.1f}", number(people)) for people in range(tick, top + 1, tick)],
        dates=_dates(begin, until, x),
        marks=_marks([*milestones, (until, number(total))], begin, points, x),
    )


def _steps(days, until):
    """(last day, new, total) from the day before the first one on, at the end of every day or, when there are many, week."""
    first = min(days[0][0], until)
    steps, total, waiting = [(first - timedelta(1), 0, 0)], 0, list(reversed(days))
    length = 7 if (until - first).days >= LONGEST_BY_DAY else 1
    # Weeks end on Sundays, and the last one today.
    end = first + timedelta((6 - first.weekday()) if length == 7 else 0)
    while steps[-1][0] < until:
        end = min(end, until)
        new = 0
        while waiting and (waiting[-1][0] <= end or end == until):
            new += waiting.pop()[1]
        total += new
        steps.append((end, new, total))
        end += timedelta(length)
    return steps


def _dates(begin, until, x):
    """The movement's days between two days; words stand in two rows and only where there is room."""
    dates, taken = [], [-LABEL_ROOM, -LABEL_ROOM]
    for year in range(begin.year, until.year + 1):
        for month, first, last in MOVEMENT_DAYS:
            day = date(year, month, first)
            if begin < day <= until:
                words = date_format(day, "j F") if first == last else f"{first}–{last} {date_format(day, 'F')}"
                row = next((row for row in (0, 1) if x(day) - taken[row] >= LABEL_ROOM), None)
                if row is not None:
                    taken[row] = x(day)
                dates.append((f"{x(day):.1f}", "" if row is None else words, row or 0, _anchor(x(day))))
    return dates


def _anchor(left):
    """Where words beside a point begin, so that they stay in the picture."""
    return "start" if left < 15 else "end" if left > 85 else "middle"


def _marks(milestones, begin, points, x):
    """Milestones on the line; today's total keeps its words, those before it have theirs where there is room."""
    marks, nearest = [], 100 + LABEL_ROOM
    for day, words in reversed(milestones):
        left = min(100, x(max(day, begin)))
        after = max(1, bisect_right([at for at, _ in points], left - 1e-9))
        (left_before, y_before), (left_after, y_after) = points[after - 1], points[min(after, len(points) - 1)]
        part = (left - left_before) / (left_after - left_before) if left_after > left_before else 1
        has_room = nearest - left >= LABEL_ROOM
        if has_room:
            nearest = left
        marks.append(
            (f"{left:.1f}", f"{y_before + (y_after - y_before) * part:.1f}", words if has_room else "", _anchor(left))
        )
    return marks[::-1]


def points_of(outline):
    """The rings of an outline, each a list of (x, y)."""
    return [
        [tuple(map(float, pair.split(","))) for pair in re.split("[ML]", ring) if pair]
        for ring in outline.split("Z")
        if ring
    ]
