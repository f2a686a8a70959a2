"""Today and this week on the front page: sums, a bar chart of the last 14 days, and a table by sector."""

from pledges.statistics import activity

# Units of the SVG bar chart: its height, and the width of one day and of one of its two bars.
CHART_HEIGHT, DAY_WIDTH, BAR_WIDTH = 120, 40, 15
# Keeps the bar of one pledge visible beside a bar of ten thousand.
MIN_BAR_HEIGHT = 2


def context(totals):
    """Template context of the section. `totals` are those of now."""
    recent = activity.recent()
    week = recent.days[-7:]
    return {
        "total": totals.total,
        # Signed and confirmed.
        "today": recent.days[-1][1:],
        "week": (sum(row[1] for row in week), sum(row[2] for row in week)),
        "last_week": recent.last_week,
        "days": [
            (*row, None if usual is None else round(usual))
            for row, usual in zip(recent.days, recent.usual, strict=True)
        ],
        "bars": _bars(recent),
        "height": CHART_HEIGHT,
        "width": DAY_WIDTH * len(recent.days),
        "bar_width": BAR_WIDTH,
        # (name, confirmed today, confirmed this week, supporters in all)
        "sectors": [(sector, *recent.sectors.get(sector.pk, (0, 0)), people) for sector, people in totals.sectors],
    }


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
