"""The activity of the last 14 days on the front page: sums, bar chart and tables."""

from django.utils.translation import gettext as _

from pledges.counting.models import exact_cells
from pledges.models import Pledge
from pledges.statistics import activity

# Units of the SVG bar chart: its height, and the width of one day and of one of its two bars.
CHART_HEIGHT, DAY_WIDTH, BAR_WIDTH = 120, 40, 15
# Keeps the bar of one pledge visible beside a bar of ten thousand.
MIN_BAR_HEIGHT = 2


def context(totals):
    """Template context of the activity section: sums, bar chart and tables. `totals` are those of now."""
    recent = activity.recent()
    # Rows are (label, signed, of these confirmed, supporters in all); sources have no total.
    sectors = [(sector.name, *recent.sectors.get(sector.pk, (0, 0)), people) for sector, people in totals.sectors]
    sources = [(label, *recent.sources[value]) for value, label in Pledge.Source.choices if value in recent.sources]
    counties, by_sector = _counties(totals)
    return {
        "total": totals.total,
        "signed": sum(signed for _day, signed, _confirmed in recent.days),
        "confirmed": sum(confirmed for _day, _signed, confirmed in recent.days),
        "last_week": recent.last_week,
        "days": [
            (*row, None if usual is None else round(usual))
            for row, usual in zip(recent.days, recent.usual, strict=True)
        ],
        "bars": _bars(recent),
        "height": CHART_HEIGHT,
        "width": DAY_WIDTH * len(recent.days),
        "bar_width": BAR_WIDTH,
        "sectors": sectors,
        "max_signed_in_a_sector": max((row[1] for row in sectors), default=0),
        "counties": counties,
        "sectors_by_county": by_sector,
        "max_in_a_county": max((people for _name, people in counties), default=0),
        "sources": sources,
        "max_signed_from_a_source": max((row[1] for row in sources), default=0),
    }


def _counties(totals):
    """[(name, supporters now)] of each county, most first, then of those who gave none, and [(name, [them by sector])] alike.

    Staff who see pledges see exact numbers, which are counted now.
    """
    cells = exact_cells()
    places = [(county.name, county.pk) for county, _published in totals.counties]
    rows = [(name, [cells.get((sector.pk, code), 0) for sector, _people in totals.sectors]) for name, code in places]
    rows.sort(key=lambda row: -sum(row[1]))
    rows.append((_("County not given"), [cells.get((sector.pk, ""), 0) for sector, _people in totals.sectors]))
    return [(name, sum(people)) for name, people in rows], rows


def _bars(recent):
    """(bar of the signed, bar of the confirmed, usual) of each day, in units of the SVG.

    Bars are integer x, y and height; usual is {"x1", "x2", "y"} of a line, or None.
    """
    usual = [each or 0 for each in recent.usual]
    highest = max(1, *(max(row[1], row[2], each) for row, each in zip(recent.days, usual, strict=True)))

    def bar(count, x):
        height = max(MIN_BAR_HEIGHT, round(count * CHART_HEIGHT / highest)) if count > 0 else 0
        return {"x": x, "y": CHART_HEIGHT - height, "height": height}

    def line(count, x):
        y = CHART_HEIGHT - round(count * CHART_HEIGHT / highest)
        return {"x1": x, "x2": x + DAY_WIDTH - 4, "y": min(max(y, 1), CHART_HEIGHT - 1)}

    return [
        (
            bar(signed, DAY_WIDTH * index + 4),
            bar(confirmed, DAY_WIDTH * index + 4 + BAR_WIDTH + 2),
            None if recent.usual[index] is None else line(usual[index], DAY_WIDTH * index + 2),
        )
        for index, (_day, signed, confirmed) in enumerate(recent.days)
    ]
