"""Figures of the totals to take along: numbers as CSV, the same drawn as a PNG, each saying whence, when, how to cite it."""

import csv
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO, StringIO

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext
from PIL import Image, ImageDraw

from pledges import charts
from pledges.brand import brand
from pledges.models import PublishedState
from pledges.numbers import decimal, number
from pledges.pictures import COLORS, EMPTY, GROUND, INK, QUIET, font, palette
from pledges.totals import UNKNOWN

WIDTH, MARGIN = 1200, 60
# Drawn twice as large and made small: Pillow's circles have hard edges.
FINE = 2
# As in static/css/tokens.css, by day.
LINE, ACCENT = "#dcbf9d", "#3f3ccb"
SHADES = {"q0": "#efe6da", "q1": "#d3daf5", "q2": "#a3afe8", "q3": "#7f8bdd", "q4": "#3d4dbe", "q5": "#1f2a86"}
DRAWN = (GROUND, INK, "#ffffff", EMPTY, LINE, QUIET, ACCENT, *COLORS, *SHADES.values())
ROW = 60
TALLEST = 3000
# Seconds that a drawn picture is kept; its key is its content.
KEEP = 600


@dataclass(frozen=True)
class Figure:
    """Numbers with all that must stand beside them. `draw(sheet)` draws them; `height` is the room it needs."""

    name: str
    title: str
    as_of: datetime
    head: list
    rows: list
    address: str
    draw: Callable
    height: int
    more_sources: str = ""
    # False while there is no table to show.
    is_told: bool = True

    @property
    def moment(self):
        """When it was so, in words."""
        moment = timezone.localtime(self.as_of)
        return gettext("As of %(date)s, %(time)s") % {
            "date": date_format(moment, "DATE_FORMAT"),
            "time": date_format(moment, "TIME_FORMAT"),
        }

    @property
    def source(self):
        """Where the numbers come from."""
        return " ".join(
            filter(None, [gettext("Source: confirmed pledges of %(brand)s.") % {"brand": brand()}, self.more_sources])
        )

    @property
    def citation(self):
        """How to cite it."""
        moment = timezone.localtime(self.as_of)
        return gettext("%(brand)s, “%(title)s”, as of %(date)s, %(time)s, %(address)s") % {
            "brand": brand(),
            "title": self.title,
            "date": date_format(moment, "DATE_FORMAT"),
            "time": date_format(moment, "TIME_FORMAT"),
            "address": settings.SITE_URL + self.address,
        }


def card_words(read):
    """(number, what it counts, of which day) as the card of the totals says them; without a number while there is nobody."""
    day = gettext("As of %(date)s") % {"date": date_format(timezone.localtime(read.as_of), "DATE_FORMAT")}
    if not read.total:
        return "", gettext("Be the first"), day
    words = ngettext("supporter, one movement", "supporters, one movement", read.total)
    return number(read.total), words, day


# What there is


def one(read, goal):
    """The 1 made of people, towards the goal."""
    mosaic = charts.mosaic(read.sectors, goal)
    return Figure(
        name="one",
        title=gettext("The 1 made of people"),
        as_of=read.as_of,
        head=[gettext("Group"), gettext("Dots"), gettext("People")],
        rows=[[sector.name, path.count("M"), people] for sector, people, path in mosaic.dots],
        address=reverse("pledges:totals"),
        draw=lambda sheet: _draw_mosaic(sheet, mosaic),
        height=900,
    )


def sectors(read):
    """People by sector, the largest first."""
    pairs = sorted(read.sectors, key=lambda pair: -pair[1])
    return Figure(
        name="sectors",
        title=gettext("By group"),
        as_of=read.as_of,
        head=[gettext("Group"), gettext("People")],
        rows=[[sector.name, people] for sector, people in pairs],
        address=reverse("pledges:totals"),
        draw=lambda sheet: _draw_bars(
            sheet, [(sector.name, people, _color(sector)) for sector, people in pairs], read.total
        ),
        height=ROW * (len(pairs) + 1),
    )


def counties(read, per_10000=False):
    """People by county, or per 10,000 inhabitants, on the map."""
    chart = charts.county_map(read.counties, per_10000)
    rows = [[county.name, people, _rate(county, people)] for county, people in read.counties]
    return Figure(
        name="counties-per-10000" if per_10000 else "counties",
        title=gettext("By county, per 10,000 inhabitants") if per_10000 else gettext("By county"),
        as_of=read.as_of,
        head=[gettext("County"), gettext("People"), gettext("Per 10,000 inhabitants")],
        rows=[*rows, [gettext("County not given"), read.unknown, None]],
        address=reverse("pledges:totals_per_10000" if per_10000 else "pledges:totals"),
        draw=lambda sheet: _draw_map(sheet, chart, read, per_10000),
        height=1120,
        more_sources=gettext("Inhabitants: INSTAT, Census 2023. Borders: Natural Earth."),
    )


def growth_chart(read, grown, milestones):
    """The line of growth up to today; `milestones` are those of people."""
    marks = [(each.reached_on, number(each.people)) for each in milestones]
    return charts.growth_chart(grown.days, timezone.localdate(read.as_of), marks)


def growth(read, grown, milestones):
    """How the total grew, by day; `milestones` are those of people."""
    chart = growth_chart(read, grown, milestones)
    rows, total = [], 0
    for day, people in grown.days:
        total += people
        rows.append([day.isoformat(), people, total])
    return Figure(
        name="growth",
        title=gettext("How we have grown"),
        as_of=read.as_of,
        head=[gettext("Day"), gettext("New people"), gettext("In all")],
        rows=rows,
        address=reverse("pledges:totals"),
        draw=lambda sheet: _draw_growth(sheet, chart),
        height=560,
    )


def ways(read):
    """How people came."""
    pairs = [
        (gettext("By the form on this site"), read.online),
        (gettext("In a group"), read.groups),
        (gettext("On paper"), read.paper),
    ]
    return Figure(
        name="ways",
        title=gettext("How they signed"),
        as_of=read.as_of,
        head=[gettext("Way of signing"), gettext("People")],
        rows=[list(pair) for pair in pairs],
        address=reverse("pledges:totals"),
        draw=lambda sheet: _draw_bars(sheet, [(name, people, ACCENT) for name, people in pairs], read.total),
        height=ROW * (len(pairs) + 1),
    )


def groups_by_county(read):
    """The table of the published state, or None before the first one: counties in rows, sectors in columns."""
    state = PublishedState.objects.first()
    if state is None:
        return None
    figures = state.figures
    cells = figures.get("cells")
    columns = [sector for sector, _ in read.sectors if sector.slug in figures["sectors"]]
    places = [(county.code, county.name) for county, _ in read.counties] + [(UNKNOWN, gettext("County not given"))]
    rows = [
        [name, *[cells[sector.slug][code] if cells else None for sector in columns], figures["counties"][code]]
        for code, name in places
        if code in figures["counties"]
    ]
    rows.append([gettext("In all"), *[figures["sectors"][sector.slug] for sector in columns], figures["total"]])
    head = [gettext("County"), *[sector.name for sector in columns], gettext("In all")]
    return Figure(
        name="groups-by-county",
        title=gettext("Groups by county"),
        as_of=state.as_of,
        head=head,
        rows=rows,
        address=reverse("pledges:groups_by_county"),
        draw=lambda sheet: _draw_table(sheet, head, rows),
        height=150 + 46 * len(rows),
        is_told=cells is not None,
        more_sources=gettext("Numbers under five are hidden, and others with them: “…” stands for one."),
    )


def _rate(county, people):
    value = charts.rate(county, people)
    return None if value is None else round(value, 1)


def _color(sector):
    return COLORS[int(sector.color[1]) - 1]


# As a file of numbers


def as_csv(figure):
    """The figure as CSV in UTF-8 with BOM: its rows, an empty one, then source, moment, citation and licence."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(figure.head)
    writer.writerows(["" if value is None else value for value in row] for row in figure.rows)
    writer.writerows(
        [
            [],
            [figure.source],
            [figure.moment, timezone.localtime(figure.as_of).isoformat(timespec="minutes")],
            [gettext("Cite as:"), figure.citation],
            [gettext("Licence:"), "CC BY 4.0"],
        ]
    )
    return "\ufeff" + text.getvalue()


# As a picture


def as_png(figure):
    """The figure as a PNG, WIDTH wide: drawn once for the same content."""
    content = repr((get_language(), figure.name, figure.citation, figure.source, figure.head, figure.rows))
    key = f"figure:{hashlib.sha256(content.encode()).hexdigest()}"
    return cache.get_or_set(key, lambda: _drawn(figure), KEEP)


class Sheet:
    """A sheet of paper in units of a picture's pixel, with the room for a figure between `top` and `bottom`."""

    def __init__(self, height):
        self.height = height
        self.picture = Image.new("RGB", (WIDTH * FINE, height * FINE), GROUND)
        self.pen = ImageDraw.Draw(self.picture)
        self.left, self.right = MARGIN, WIDTH - MARGIN

    def words(self, x, y, text, size, weight=500, color=INK, anchor="ls", room=None):
        """Write one line, smaller when `room` is too narrow for it; its width."""
        text = str(text)
        while True:
            face = font(round(size * FINE), weight)
            width = face.getlength(text) / FINE
            if room is None or width <= room or size <= 12:
                break
            size -= 1
        self.pen.text((x * FINE, y * FINE), text, color, face, anchor=anchor)
        return width

    def paragraph(self, x, y, text, size, room, color=QUIET):
        """Write words in as many lines as they need; the y below them."""
        face, line = font(size * FINE, 500), ""
        for word in [*text.split(), None]:
            longer = f"{line} {word}".strip()
            if word is None or face.getlength(longer) / FINE > room:
                self.words(x, y + size, line, size, color=color, room=room)
                y, line = y + size * 1.35, word
            else:
                line = longer
        return y

    def line(self, *points, color=LINE, width=2):
        """Draw a line with round ends through points."""
        at = [(x * FINE, y * FINE) for x, y in points]
        self.pen.line(at, color, round(width * FINE), joint="curve")
        for x, y in (points[0], points[-1]):
            self.dot(x, y, width / 2, color)

    def dot(self, x, y, radius, color, outline=None):
        """Draw a disc, or a ring around one."""
        box = [(x - radius) * FINE, (y - radius) * FINE, (x + radius) * FINE, (y + radius) * FINE]
        self.pen.ellipse(box, color, outline, 3 * FINE)

    def shape(self, points, color):
        """Draw a filled outline with an edge of the ground's colour."""
        at = [(x * FINE, y * FINE) for x, y in points]
        self.pen.polygon(at, color)
        self.pen.line([*at, at[0]], GROUND, 2 * FINE, joint="curve")


def _drawn(figure):
    foot = 150
    sheet = Sheet(min(TALLEST, 190 + figure.height + foot))
    sheet.words(MARGIN, 92, figure.title, 52, 850, room=WIDTH - 2 * MARGIN)
    sheet.words(MARGIN, 136, figure.moment, 24, color=QUIET)
    sheet.top, sheet.bottom = 180, sheet.height - foot
    figure.draw(sheet)
    sheet.line((MARGIN, sheet.bottom + 16), (WIDTH - MARGIN, sheet.bottom + 16))
    sheet.words(WIDTH - MARGIN, sheet.height - 44, brand(), 34, 900, anchor="rs")
    room = WIDTH - 2 * MARGIN - 260
    below = sheet.paragraph(MARGIN, sheet.bottom + 34, figure.source, 18, room)
    sheet.paragraph(MARGIN, below, f"{gettext('Cite as:')} {figure.citation}", 18, room)
    out = BytesIO()
    small = sheet.picture.resize((WIDTH, sheet.height), Image.Resampling.LANCZOS)
    small.quantize(palette=palette(DRAWN), dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw_bars(sheet, bars, total):
    """(name, people, color) as bars, their share of all behind the number."""
    names, longest = 340, max((people for _, people, _ in bars), default=0)
    start, end = sheet.left + names, sheet.right - 190
    for place, (name, people, color) in enumerate(bars):
        y = sheet.top + ROW * (place + 0.6)
        sheet.words(sheet.left, y + 9, name, 26, 700, room=names - 30)
        sheet.line((start, y), (end, y))
        if people:
            sheet.line((start + 9, y), (start + 9 + (end - start - 18) * people / longest, y), color=color, width=18)
        percent = f" ({decimal(100 * people / total)}%)" if total else ""
        sheet.words(sheet.right, y + 9, number(people) + percent, 24, anchor="rs", room=180)


def _draw_mosaic(sheet, mosaic):
    scale = (sheet.bottom - sheet.top - 40) / charts.HEIGHT
    left, top, radius = sheet.right - charts.WIDTH * scale, sheet.top + 10, float(mosaic.width) / 2 * scale

    def dots(path, color):
        for x, y in charts.points_in(path):
            sheet.dot(left + x * scale, top + y * scale, radius, color)

    dots(mosaic.empty, EMPTY)
    y = sheet.top + 60
    for sector, people, path in mosaic.dots:
        dots(path, _color(sector))
        sheet.dot(sheet.left + 12, y - 9, 12, _color(sector))
        sheet.words(sheet.left + 40, y, sector.name, 28, 700, room=360)
        sheet.words(sheet.left + 560, y, number(people), 28, anchor="rs")
        y += 54
    if mosaic.yours:
        x, down, _ = map(float, mosaic.yours)
        sheet.dot(left + x * scale, top + down * scale, radius, GROUND, INK)
    sheet.paragraph(sheet.left, y, mosaic.words, 22, 560)


def _draw_map(sheet, chart, read, per_10000):
    scale = (sheet.bottom - sheet.top - 30) / 640
    left, top = 560, sheet.top + 10
    for each in chart.counties:
        for ring in charts.points_of(each.outline):
            sheet.shape([(left + x * scale, top + y * scale) for x, y in ring], SHADES[each.shade])
    for each in chart.counties:
        x, y = left + float(each.x) * scale, top + float(each.y) * scale
        is_dark, anchor = each.shade in ("q4", "q5") and not each.in_the_sea, "rs" if each.in_the_sea else "ms"
        color = "#ffffff" if is_dark else INK
        sheet.words(x, y, each.county.name, 21, 700, color, anchor)
        sheet.words(x, y + 25, each.value, 21, 500, color, anchor)
    y = sheet.top + 40
    for shade, words in chart.legend:
        sheet.pen.rectangle(
            [sheet.left * FINE, (y - 22) * FINE, (sheet.left + 40) * FINE, (y + 6) * FINE], SHADES[shade], QUIET, FINE
        )
        sheet.words(sheet.left + 58, y, words, 24)
        y += 44
    y += 60
    for county, people in read.counties:
        if county.code == county.ABROAD:
            sheet.words(sheet.left, y, number(people), 54, 900)
            sheet.words(sheet.left, y + 36, county.name, 24)


def _draw_growth(sheet, chart):
    if chart is None:
        sheet.words(sheet.left, sheet.top + 80, gettext("Nobody yet."), 28)
        return
    width, height = sheet.right - sheet.left, sheet.bottom - sheet.top

    def at(x, y):
        return sheet.left + width * float(x) / 100, sheet.top + height * float(y) / 100

    for y, words in chart.ticks:
        sheet.line(at(0, y), at(100, y), width=1)
        sheet.words(*(at(0, float(y) - 1.2)), words, 20, color=QUIET)
    anchors = {"start": "ls", "middle": "ms", "end": "rs"}
    for x, words, row, anchor in chart.dates:
        for dash in range(charts.TOP, charts.FLOOR, 2):
            sheet.line(at(x, dash), at(x, dash + 0.6), width=1.5, color=QUIET)
        sheet.words(*at(x, 93 if row == 0 else 99), words, 20, color=QUIET, anchor=anchors[anchor])
    points = [point.split(" ") for point in chart.line.split("L")]
    sheet.line(
        *[at(x, charts.TOP + float(y) * (charts.FLOOR - charts.TOP) / 100) for x, y in points], color=ACCENT, width=4
    )
    sheet.line(at(0, charts.FLOOR), at(100, charts.FLOOR), color=INK)
    for x, y, words, anchor in chart.marks:
        sheet.dot(*at(x, y), 9, GROUND, ACCENT)
        sheet.words(*at(x, float(y) - 4), words, 22, 800, anchor=anchors[anchor])


def _draw_table(sheet, head, rows):
    first = 230
    room = (sheet.right - sheet.left - first) / (len(head) - 1)
    for place, words in enumerate(head):
        x = sheet.left if place == 0 else sheet.left + first + room * place
        lines = words.split()
        for number_of_line, line in enumerate(lines):
            y = sheet.top + 80 - 24 * (len(lines) - 1 - number_of_line)
            sheet.words(
                x, y, line, 19, 700, QUIET, "ls" if place == 0 else "rs", room=first if place == 0 else room - 10
            )
    sheet.line((sheet.left, sheet.top + 98), (sheet.right, sheet.top + 98), color=INK)
    y = sheet.top + 132
    for row in rows:
        for place, value in enumerate(row):
            x = sheet.left if place == 0 else sheet.left + first + room * place
            words = "…" if value is None else value if place == 0 else number(value)
            is_sum = row is rows[-1] or place in (0, len(row) - 1)
            sheet.words(
                x,
                y,
                words,
                21,
                700 if is_sum else 500,
                anchor="ls" if place == 0 else "rs",
                room=first if place == 0 else room - 10,
            )
        sheet.line((sheet.left, y + 14), (sheet.right, y + 14), width=1)
        y += 46
