"""The growth chart: the total over time, by day or by week.

Positions are percentages of the picture, as text: Django localises numbers.
"""

from datetime import date, timedelta
from types import SimpleNamespace

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


def growth_chart(days, until, milestones):
    """The growth of sorted (day, people) pairs up to the day `until`, with (day, label) milestones; None without days.

    `steps` are (last day, new people, total), by day or by week. `line` is path data without its first "M", in a box of
    100 × 100 between TOP and FLOOR. Positions are percentages of the picture: `ticks` are (y, number); `dates` (x, label or "",
    row, text-anchor); `marks` (x, y, label or "", text-anchor) of milestones, the last one of today.
    """
    if not days:
        return None
    steps = _steps(days, until)
    begin = steps[0][0]
    # After a fall the highest total is not the last one.
    largest = max(1, *(so_far for _, _, so_far in steps))
    # The distance of the lines, and the highest of them.
    tick = next(size for size in one_two_five() if size * 4 >= largest)
    highest = tick * -(-largest // tick)

    def x(day):
        return 100 * (day - begin).days / max(1, (until - begin).days)

    def y(people):
        return FLOOR - (FLOOR - TOP) * people / highest

    return SimpleNamespace(
        first=begin + timedelta(1),
        by_week=(until - begin).days > MAX_DAYS_BY_DAY,
        steps=steps[1:],
        line="L".join(f"{x(day):.2f} {100 - 100 * so_far / highest:.2f}" for day, _, so_far in steps),
        ticks=[(f"{y(people):.1f}", number(people)) for people in range(tick, highest + 1, tick)],
        dates=_dates(begin, until, x),
        marks=_marks(steps, [*milestones, (until, number(steps[-1][2]))], x, y),
    )


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


def _marks(steps, milestones, x, y):
    """Milestones at their day on the line. Today's total always has a label, an earlier one only where there is room."""
    marks, next_label = [], 100 + LABEL_WIDTH
    for day, label in reversed(milestones):
        day = min(max(day, steps[0][0]), steps[-1][0])
        end, new, total = next(step for step in steps if step[0] >= day)
        begin = max((step[0] for step in steps if step[0] < end), default=end)
        height = total - new * (end - day) / max(end - begin, timedelta(1))
        has_room = next_label - x(day) >= LABEL_WIDTH
        if has_room:
            next_label = x(day)
        marks.append((f"{x(day):.1f}", f"{y(height):.1f}", label if has_room else "", _anchor(x(day))))
    return marks[::-1]
