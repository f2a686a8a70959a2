"""The charts of the totals: growth and map, and each figure to download as CSV or PNG, with its source, time and citation.

Lengths and positions that a template writes are text, since Django localises numbers.
"""

import csv
import json
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import StringIO
from itertools import accumulate
from pathlib import Path
from types import SimpleNamespace

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy

from pledges.figures.mosaic import mosaic
from pledges.figures.rendering import png
from pledges.numbers import decimal, number, one_two_five
from pledges.published.models import SMALLEST
from pledges.sharing import brand

# Of the growth chart. Days of the movement: (month, first day, last day).
MOVEMENT_DAYS = ((6, 1, 1), (7, 23, 23), (11, 18, 19))
# A longer period is drawn by week.
MAX_DAYS_BY_DAY = 60
# Percent of the picture's height: where the highest value and the base line are.
TOP, FLOOR = 12, 86
# Percent of a phone's width that a label takes.
LABEL_WIDTH = 27

# Of the map. {county's code: {"label": [x, y], "d": outline}} in a viewBox of 287 × 640; see docs/counties-licence.md.
COUNTIES = json.loads((Path(__file__).parent / "data" / "counties.json").read_text())
# West of this x a label is in the sea.
COAST_X = 30
LINE_HEIGHT = 15
CLASSES = 5

# Of a PNG, in pixels: the room around the drawing, and the height at which it is cut off.
HEAD, FOOT, MAX_HEIGHT = 190, 150, 3000


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


def rate(county, people):
    """Supporters per 10,000 inhabitants, as it is shown; None without any, or where the population is not known."""
    return round(people * 10_000 / county.population, 1) if people and county.population else None


def county_map(counties):
    """The map of (county, people) pairs, per 10,000 inhabitants; a county without an outline is left out.

    `legend` are (shade, text), the darkest first; `counties` as of `_on_map`.
    """
    # Classes compare whole numbers, tenths per 10,000. A county that has people has at least one.
    rows = []
    for county, people in counties:
        if county.code in COUNTIES:
            value = rate(county, people) or 0
            rows.append((county, value, max(round(value * 10), bool(people))))
    starts, width = _classes([compared for *_, compared in rows if compared])
    legend = [
        (
            _shade(max(start, 1), starts),
            gettext("%(from)s to %(to)s")
            % {"from": decimal(max(start, 1) / 10), "to": decimal((start + width - 1) / 10)},
        )
        for start in starts
    ]
    if not all(compared for *_, compared in rows):
        legend.insert(0, ("q0", gettext("under about %(number)s") % {"number": SMALLEST}))
    return SimpleNamespace(
        counties=[
            _on_map(county, _shade(compared, starts), decimal(value) if compared else "–")
            for county, value, compared in rows
        ],
        legend=legend[::-1],
    )


def _on_map(county, shade, value):
    """A county with its outline, its shade ("q0" to "q5"), and the place of its label (x, y) and of the value below."""
    x, y = COUNTIES[county.code]["label"]
    return SimpleNamespace(
        county=county,
        outline=COUNTIES[county.code]["d"],
        shade=shade,
        x=f"{x:g}",
        y=f"{y:g}",
        value_y=f"{y + LINE_HEIGHT:g}",
        value=value,
        has_label_in_sea=x < COAST_X,
    )


def _classes(values):
    """(the first numbers, the width) of up to five classes of one round width, which hold these whole numbers."""
    if not values:
        return [], 0
    low, high = min(values), max(values)
    width = next(width for width in one_two_five() if width > 1 and high // width - low // width < CLASSES)
    return list(range(low // width * width, high + 1, width)), width


def _shade(value, starts):
    """The class of colour: "q5" is the darkest, "q0" stands for no people."""
    return f"q{CLASSES - len(starts) + bisect_right(starts, value)}" if value else "q0"


@dataclass(frozen=True)
class Figure:
    """A table of numbers with the text that must accompany it.

    `template` is the SVG template of its PNG, `context` what it needs besides the figure, `height` its height in pixels.
    """

    title: str
    as_of: datetime
    header: list
    rows: list
    template: str
    context: dict
    height: int
    more_sources: str = ""

    @property
    def moment(self):
        return gettext("As of %(date)s, %(time)s") % self._date_and_time()

    @property
    def source(self):
        source = gettext("Source: supporters counted by %(brand)s.") % {"brand": brand()}
        return " ".join(filter(None, [source, self.more_sources]))

    @property
    def citation(self):
        return gettext("%(brand)s, “%(title)s”, as of %(date)s, %(time)s, %(address)s") % {
            "brand": brand(),
            "title": self.title,
            "address": settings.SITE_URL + reverse("pledges:totals"),
            **self._date_and_time(),
        }

    def _date_and_time(self):
        moment = timezone.localtime(self.as_of)
        return {"date": date_format(moment, "DATE_FORMAT"), "time": date_format(moment, "TIME_FORMAT")}

    def as_csv(self):
        """The figure as CSV: header, rows, an empty row, then source, time, citation and licence."""
        return csv_text(
            [
                self.header,
                *self.rows,
                [],
                [self.source],
                [self.moment, timezone.localtime(self.as_of).isoformat(timespec="minutes")],
                [gettext("Cite as:"), self.citation],
                [gettext("Licence:"), "CC BY 4.0"],
            ]
        )

    def as_png(self):
        height = min(MAX_HEIGHT, HEAD + self.height + FOOT)
        context = {
            "figure": self,
            "citation": f"{gettext('Cite as:')} {self.citation}",
            "brand": brand(),
            "height": height,
            "foot": height - FOOT,
        }
        return png(self.template, context | self.context)


def csv_text(rows):
    """Rows as CSV with a byte order mark, by which spreadsheets recognise UTF-8."""
    text = StringIO()
    csv.writer(text).writerows(rows)
    return "\ufeff" + text.getvalue()


def mosaic_figure(totals, title):
    drawing = mosaic(totals.sectors, totals.goal.people)
    return Figure(
        title=title,
        as_of=totals.as_of,
        header=[gettext("Group"), gettext("Dots"), gettext("Supporters")],
        rows=[[sector.name, path.count("M"), people] for sector, people, path in drawing.dots],
        template="mosaic.svg",
        context={"mosaic": drawing},
        height=900,
    )


def sectors_figure(totals, title):
    pairs = sorted(totals.sectors, key=lambda pair: -pair[1])
    bars = [(sector.name, people, sector.color) for sector, people in pairs]
    return _bars(title, gettext("Group"), bars, totals)


def ways_figure(totals, title):
    bars = [
        (gettext("On this site"), totals.online, "s1"),
        (gettext("Group pledges"), totals.groups, "s1"),
        (gettext("On paper"), totals.paper, "s1"),
    ]
    return _bars(title, gettext("Way of signing"), bars, totals)


def _bars(title, kind, bars, totals):
    """The Figure of (name, people, color class) of one `kind` as bars, each labelled with people and percent of the total."""
    labelled = [
        (*bar, number(bar[1]) + (f" ({decimal(100 * bar[1] / totals.total)}%)" if totals.total else "")) for bar in bars
    ]
    return Figure(
        title=title,
        as_of=totals.as_of,
        header=[kind, gettext("Supporters")],
        rows=[[name, people] for name, people, _ in bars],
        template="bars.svg",
        context={"bars": labelled, "largest": max((people for _, people, _ in bars), default=0)},
        height=60 * (len(bars) + 1),
    )


def counties_figure(totals, title):
    """People by county and per 10,000 inhabitants, these on the map."""
    rows = [[county.name, people or None, rate(county, people)] for county, people in totals.counties]
    return Figure(
        title=title,
        as_of=totals.counties_as_of,
        header=[gettext("County"), gettext("Supporters"), gettext("Per 10,000 people")],
        rows=[*rows, [gettext("County not given"), totals.unknown or None, None]],
        template="county_map.svg",
        context={"map": county_map(totals.counties), "abroad": totals.abroad},
        height=1120,
        more_sources=gettext("Population: INSTAT, Census 2023. Borders: Natural Earth."),
    )


def growth_of(totals):
    """The growth up to the day of the totals, with milestones."""
    marks = [(each.reached_on, number(each.people)) for each in totals.milestones]
    return growth_chart(totals.days, timezone.localdate(totals.as_of), marks)


def growth_figure(totals, title):
    sums = accumulate(people for _day, people in totals.days)
    return Figure(
        title=title,
        as_of=totals.as_of,
        header=[gettext("Day"), gettext("New supporters"), gettext("Total")],
        rows=[[day.isoformat(), people, so_far] for (day, people), so_far in zip(totals.days, sums, strict=True)],
        template="growth.svg",
        context={"growth": growth_of(totals), "totals": totals, "without_people": gettext("Nobody yet.")},
        height=560,
    )


# {name in its address: (title, function of the Totals and the title)}
FIGURES = {
    "one": (gettext_lazy("The 1 made of people"), mosaic_figure),
    "sectors": (gettext_lazy("By group"), sectors_figure),
    "counties": (gettext_lazy("By county, approximately, per 10,000 people"), counties_figure),
    "growth": (gettext_lazy("How we have grown"), growth_figure),
    "ways": (gettext_lazy("How people joined"), ways_figure),
}


def figure(name, totals):
    """The Figure of this name, in the active language."""
    title, draw = FIGURES[name]
    return draw(totals, str(title))
