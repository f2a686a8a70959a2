"""Figures of the totals to take along: numbers as CSV, the same drawn as a PNG, each saying whence, when, how to cite it."""

import csv
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import StringIO

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext

from pledges import charts, sheets
from pledges.brand import brand
from pledges.models import PublishedState
from pledges.numbers import number
from pledges.totals.published import UNKNOWN

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
    # How a number that is not told stands in a file.
    untold: str = ""
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
        draw=lambda sheet: sheets.mosaic(sheet, mosaic),
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
        draw=lambda sheet: sheets.bars(
            sheet, [(sector.name, people, sheets.color_of(sector)) for sector, people in pairs], read.total
        ),
        height=sheets.ROW * (len(pairs) + 1),
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
        draw=lambda sheet: sheets.county_map(sheet, chart, read),
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
        draw=lambda sheet: sheets.growth(sheet, chart),
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
        draw=lambda sheet: sheets.bars(sheet, [(name, people, sheets.ACCENT) for name, people in pairs], read.total),
        height=sheets.ROW * (len(pairs) + 1),
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
        draw=lambda sheet: sheets.table(sheet, head, rows),
        height=150 + 46 * len(rows),
        is_told=cells is not None,
        untold="…",
        more_sources=gettext("Numbers under five are hidden, and others with them: “…” stands for one."),
    )


def _rate(county, people):
    value = charts.rate(county, people)
    return None if value is None else round(value, 1)


# As a file of numbers


def as_csv(figure):
    """The figure as CSV in UTF-8 with BOM: its rows, an empty one, then source, moment, citation and licence."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(figure.head)
    writer.writerows([figure.untold if value is None else value for value in row] for row in figure.rows)
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
    """The figure as a PNG: drawn once for the same content."""
    content = repr((get_language(), figure.name, figure.citation, figure.source, figure.head, figure.rows))
    key = f"figure:{hashlib.sha256(content.encode()).hexdigest()}"
    return cache.get_or_set(key, lambda: sheets.png(figure), KEEP)
