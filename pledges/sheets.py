"""Figures drawn on a sheet of paper: bars, the 1, the map, the line of growth, a table."""

from io import BytesIO

from django.utils.translation import gettext
from PIL import Image, ImageDraw

from pledges import charts
from pledges.brand import brand
from pledges.numbers import decimal, number
from pledges.pictures import COLORS, EMPTY, GROUND, INK, QUIET, font, palette

WIDTH, MARGIN = 1200, 60
# Drawn twice as large and made small: Pillow's circles have hard edges.
FINE = 2
# As in static/css/tokens.css, by day.
LINE, ACCENT = "#dcbf9d", "#3f3ccb"
SHADES = {"q0": "#efe6da", "q1": "#d3daf5", "q2": "#a3afe8", "q3": "#7f8bdd", "q4": "#3d4dbe", "q5": "#1f2a86"}
DRAWN = (GROUND, INK, "#ffffff", EMPTY, LINE, QUIET, ACCENT, *COLORS, *SHADES.values())
ROW = 60
TALLEST = 3000


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


def png(figure):
    """The figure as a PNG, WIDTH wide, with its title, moment, source and citation."""
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


def color_of(sector):
    """The colour of a sector's dots and bars."""
    return COLORS[int(sector.color.removeprefix("s")) - 1]


def bars(sheet, rows, total):
    """(name, people, color) as bars, their share of all behind the number."""
    names, longest = 340, max((people for _, people, _ in rows), default=0)
    start, end = sheet.left + names, sheet.right - 190
    for place, (name, people, color) in enumerate(rows):
        y = sheet.top + ROW * (place + 0.6)
        sheet.words(sheet.left, y + 9, name, 26, 700, room=names - 30)
        sheet.line((start, y), (end, y))
        if people:
            sheet.line((start + 9, y), (start + 9 + (end - start - 18) * people / longest, y), color=color, width=18)
        percent = f" ({decimal(100 * people / total)}%)" if total else ""
        sheet.words(sheet.right, y + 9, number(people) + percent, 24, anchor="rs", room=180)


def mosaic(sheet, one):
    """The 1 of a Mosaic, and its sectors."""
    scale = (sheet.bottom - sheet.top - 40) / charts.HEIGHT
    left, top, radius = sheet.right - charts.WIDTH * scale, sheet.top + 10, float(one.width) / 2 * scale

    def dots(path, color):
        for x, y in charts.points_in(path):
            sheet.dot(left + x * scale, top + y * scale, radius, color)

    dots(one.empty, EMPTY)
    y = sheet.top + 60
    for sector, people, path in one.dots:
        dots(path, color_of(sector))
        sheet.dot(sheet.left + 12, y - 9, 12, color_of(sector))
        sheet.words(sheet.left + 40, y, sector.name, 28, 700, room=360)
        sheet.words(sheet.left + 560, y, number(people), 28, anchor="rs")
        y += 54
    if one.yours:
        x, down, _ = map(float, one.yours)
        sheet.dot(left + x * scale, top + down * scale, radius, GROUND, INK)
    sheet.paragraph(sheet.left, y, one.words, 22, 560)


def county_map(sheet, chart, read):
    """A CountyMap, its legend, and those who live abroad."""
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


def growth(sheet, chart):
    """A GrowthChart, or words when there is none yet."""
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


def table(sheet, head, rows):
    """Numbers in columns; the first holds names, the last row and column sums. None is a hidden number."""
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
