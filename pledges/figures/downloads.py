"""Figures of the totals to download, as CSV or PNG, each with its source, time and citation."""

import csv
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from itertools import accumulate

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from pledges.figures import county_map, growth
from pledges.figures.mosaic import mosaic
from pledges.figures.rendering import png
from pledges.numbers import decimal, number
from pledges.sharing import brand

# Pixels: the room around a drawing in a PNG, and the height at which a PNG is cut off.
HEAD, FOOT, MAX_HEIGHT = 190, 150, 3000


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
        """The time of the numbers, as a phrase."""
        return gettext("As of %(date)s, %(time)s") % self._date_and_time()

    @property
    def source(self):
        """The source of the numbers, as a sentence."""
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


def mosaic_figure(totals, goal):
    drawing = mosaic(totals.sectors, goal)
    return Figure(
        title=gettext("The 1 made of people"),
        as_of=totals.as_of,
        header=[gettext("Group"), gettext("Dots"), gettext("Supporters")],
        rows=[[sector.name, path.count("M"), people] for sector, people, path in drawing.dots],
        template="mosaic.svg",
        context={"mosaic": drawing},
        height=900,
    )


def sectors_figure(totals):
    """People by sector, the largest first."""
    pairs = sorted(totals.sectors, key=lambda pair: -pair[1])
    bars = [(sector.name, people, sector.color) for sector, people in pairs]
    return _bars(gettext("By group"), gettext("Group"), bars, totals)


def signing_ways_figure(totals):
    bars = [
        (gettext("On this site"), totals.online, "s1"),
        (gettext("Group pledges"), totals.groups, "s1"),
        (gettext("On paper"), totals.paper, "s1"),
    ]
    return _bars(gettext("How people joined"), gettext("Way of signing"), bars, totals)


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


def counties_figure(totals):
    """People by county and per 10,000 inhabitants, these on the map."""
    rows = [[county.name, people or None, county_map.rate(county, people)] for county, people in totals.counties]
    return Figure(
        title=gettext("By county, approximately, per 10,000 people"),
        as_of=totals.counties_as_of,
        header=[gettext("County"), gettext("Supporters"), gettext("Per 10,000 people")],
        rows=[*rows, [gettext("County not given"), totals.unknown or None, None]],
        template="county_map.svg",
        context={"map": county_map.county_map(totals.counties), "abroad": totals.abroad},
        height=1120,
        more_sources=gettext("Population: INSTAT, Census 2023. Borders: Natural Earth."),
    )


def growth_chart(totals, milestones):
    """The growth up to the day of the totals, with milestones."""
    marks = [(each.reached_on, number(each.people)) for each in milestones]
    return growth.growth_chart(totals.days, timezone.localdate(totals.as_of), marks)


def growth_figure(totals, milestones):
    sums = accumulate(people for _day, people in totals.days)
    return Figure(
        title=gettext("How we have grown"),
        as_of=totals.as_of,
        header=[gettext("Day"), gettext("New supporters"), gettext("Total")],
        rows=[[day.isoformat(), people, so_far] for (day, people), so_far in zip(totals.days, sums, strict=True)],
        template="growth.svg",
        context={
            "growth": growth_chart(totals, milestones),
            "totals": totals,
            "without_people": gettext("Nobody yet."),
        },
        height=560,
    )
