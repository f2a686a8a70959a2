"""The growth charts: the total over time, by day or by week, and the published figure of a county, in steps.

Positions are percentages of the picture, as text: Django localises numbers.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format

from pledges.numbers import number, one_two_five

# Days of the movement: (month, first day, last day).
MOVEMENT_DAYS = ((6, 1, 1), (7, 23, 23), (11, 18, 19))
# A longer period is drawn by week.
MAX_DAYS_BY_DAY = 60
# Percent of the picture's height: where the highest value and the base line are.
TOP, FLOOR = 12, 86
# Percent of a phone's width that a label takes.
LABEL_WIDTH = 27
# Numbers of people that are marked on the growth of a county.
STAIR_MARKS = (100, 500, 1000, 5000, 10_000, 50_000, 100_000, 500_000)


@dataclass(frozen=True)
class GrowthChart:
    """Growth of the total from the `first` day on, by day or by week. Positions are percentages of the picture.

    `steps` are (last day, new people, total). `line` is path data without its first "M", in a box of 100 × 100 between TOP
    and FLOOR. `ticks` are (y, number); `dates` (x, label or "", row, text-anchor); `marks` (x, y, label or "", text-anchor)
    of milestones of people, the last one of today.
    """

    first: date
    by_week: bool
    steps: list
    line: str
    ticks: list
    dates: list
    marks: list


def growth_chart(days, until, milestones):
    """The GrowthChart of sorted (day, people) pairs up to the day `until`, with (day, label) milestones; None without days."""
    if not days:
        return None
    steps = _steps(days, until)
    begin = steps[0][0]
    span = max(1, (until - begin).days)
    total = steps[-1][2]
    # After a fall the highest total is not the last one.
    tick, top = _tick_and_top(max(1, *(so_far for _, _, so_far in steps)))

    def x(day):
        return 100 * (day - begin).days / span

    def y(people):
        return FLOOR - (FLOOR - TOP) * people / top

    points = [(x(day), y(so_far)) for day, _, so_far in steps]
    return GrowthChart(
        first=begin + timedelta(1),
        by_week=(steps[-1][0] - begin).days > MAX_DAYS_BY_DAY,
        steps=steps[1:],
        line="L".join(f"{left:.2f} {(down - TOP) * 100 / (FLOOR - TOP):.2f}" for left, down in points),
        ticks=[(f"{y(people):.1f}", number(people)) for people in range(tick, top + 1, tick)],
        dates=_dates(begin, until, x),
        marks=_marks([*milestones, (until, number(total))], begin, points, x),
    )


@dataclass(frozen=True)
class StairChart:
    """The figure of a county over time, which moves in steps. Positions are as in GrowthChart.

    `steps` are (day, figure), `stairs` is path data as `line` is there, `until` the last day.
    """

    steps: list
    until: date
    stairs: str
    ticks: list
    marks: list


def stair_chart(steps, until):
    """The StairChart of sorted (day, figure) pairs, at least one, up to the day `until`."""
    begin, largest = steps[0][0], max(people for _, people in steps)
    span = max(1, (until - begin).days)
    tick, top = _tick_and_top(largest)

    def x(day):
        return 100 * (day - begin).days / span

    def y(people):
        return FLOOR - (FLOOR - TOP) * people / top

    def inner(people):
        return f"{(y(people) - TOP) * 100 / (FLOOR - TOP):.2f}"

    stairs = "".join(f"H{x(day):.2f}V{inner(people)}" for day, people in steps[1:])
    # A mark is drawn where the line reaches its number; today's number always has one.
    marks, next_label = [(100, steps[-1][1])], 100
    for number_reached in sorted(STAIR_MARKS, reverse=True):
        day = next((day for day, people in steps if people >= number_reached), begin)
        if day > begin and next_label - x(day) >= LABEL_WIDTH:
            next_label = x(day)
            marks.append((next_label, number_reached))
    return StairChart(
        steps=steps,
        until=until,
        stairs=f"0 {inner(steps[0][1])}{stairs}H100",
        ticks=[(f"{y(people):.1f}", number(people)) for people in range(tick, top + 1, tick)],
        marks=[(f"{left:.1f}", f"{y(people):.1f}", number(people), _anchor(left)) for left, people in reversed(marks)],
    )


def _tick_and_top(largest):
    """(the distance of the lines, the highest of them) of a chart whose largest number this is."""
    tick = next(size for size in one_two_five() if size * 4 >= largest)
    return tick, tick * -(-largest // tick)


def _steps(days, until):
    """(last day, new people, total) at the end of every day, or of every week when there are many days.

    The first step is the day before the first one, with a total of 0.
    """
    first = min(days[0][0], until)
    steps, total, remaining = [(first - timedelta(1), 0, 0)], 0, list(reversed(days))
    length = 7 if (until - first).days >= MAX_DAYS_BY_DAY else 1
    # Weeks end on Sundays, and the last one today.
    end = first + timedelta((6 - first.weekday()) if length == 7 else 0)
    while steps[-1][0] < until:
        end = min(end, until)
        new = 0
        while remaining and (remaining[-1][0] <= end or end == until):
            new += remaining.pop()[1]
        total += new
        steps.append((end, new, total))
        end += timedelta(length)
    return steps


def _dates(begin, until, x):
    """The movement's days between two days; their labels use two rows and are left out where they have no room."""
    # The first row begins with the first day, which has a year.
    dates, row_ends = [], [LABEL_WIDTH, -LABEL_WIDTH]
    for year in range(begin.year, until.year + 1):
        for month, first, last in MOVEMENT_DAYS:
            day = date(year, month, first)
            if begin < day <= until:
                label = date_format(day, "j F") if first == last else f"{first}–{last} {date_format(day, 'F')}"
                # A label at the right edge ends at its day.
                width = LABEL_WIDTH * (1.5 if _anchor(x(day)) == "end" else 1)
                row = next((row for row in (0, 1) if x(day) - row_ends[row] >= width), None)
                if row is not None:
                    row_ends[row] = x(day)
                dates.append((f"{x(day):.1f}", "" if row is None else label, row or 0, _anchor(x(day))))
    return dates


def _anchor(left):
    """The text-anchor of a label at x = `left`, so that it stays in the picture."""
    return "start" if left < 15 else "end" if left > 85 else "middle"


def _marks(milestones, begin, points, x):
    """Milestones on the line. Today's total always has a label, an earlier milestone only where there is room."""
    marks, next_label = [], 100 + LABEL_WIDTH
    for day, label in reversed(milestones):
        left = min(100, x(max(day, begin)))
        after = max(1, bisect_right([at for at, _ in points], left - 1e-9))
        (left_before, y_before), (left_after, y_after) = points[after - 1], points[min(after, len(points) - 1)]
        part = (left - left_before) / (left_after - left_before) if left_after > left_before else 1
        has_room = next_label - left >= LABEL_WIDTH
        if has_room:
            next_label = left
        marks.append(
            (f"{left:.1f}", f"{y_before + (y_after - y_before) * part:.1f}", label if has_room else "", _anchor(left))
        )
    return marks[::-1]
