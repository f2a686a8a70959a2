"""The activity of the last 30 days on the dashboard: sums, bar chart and tables."""

from pledges.models import Pledge
from pledges.totals import activity, tally

# Units of the SVG bar chart: its height, and the width of one day.
CHART_HEIGHT, DAY_WIDTH = 120, 20
# Keeps the bar of one pledge visible beside a bar of ten thousand.
MIN_BAR_HEIGHT = 2


def context():
    """Template context of the activity section: sums, bar chart and tables."""
    recent, totals = activity.recent(), tally.read()
    # Rows are (label, signed, of these confirmed, supporters in all); sources have no total.
    sectors = [(sector.name, *recent.sectors.get(sector.pk, (0, 0)), people) for sector, people in totals.sectors]
    sources = [(label, *recent.sources[value]) for value, label in Pledge.Source.choices if value in recent.sources]
    return {
        "total": totals.total,
        "signed": sum(signed for _day, signed, _confirmed in recent.days),
        "confirmed": sum(confirmed for _day, _signed, confirmed in recent.days),
        "days": recent.days,
        "bars": _bars(recent.days),
        "height": CHART_HEIGHT,
        "width": DAY_WIDTH * len(recent.days),
        "sectors": sectors,
        "max_signed_in_a_sector": max((row[1] for row in sectors), default=0),
        "sources": sources,
        "max_signed_from_a_source": max((row[1] for row in sources), default=0),
    }


def _bars(days):
    """(bar of the signed, bar of the confirmed) of each day, as integer x, y and height in units of the SVG."""
    highest = max(1, *(max(signed, confirmed) for _day, signed, confirmed in days))

    def bar(count, x):
        height = max(MIN_BAR_HEIGHT, round(count * CHART_HEIGHT / highest)) if count else 0
        return {"x": x, "y": CHART_HEIGHT - height, "height": height}

    return [
        (bar(signed, DAY_WIDTH * index + 2), bar(confirmed, DAY_WIDTH * index + 10))
        for index, (_day, signed, confirmed) in enumerate(days)
    ]
