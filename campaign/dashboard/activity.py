"""Today and this week on the front page: sums, a bar chart of the last 14 days, and a table by sector."""

from pledges.statistics import activity

# Units of the SVG bar chart: the width of one day and of one of its two bars. A pledge is one unit high.
DAY_WIDTH, BAR_WIDTH = 40, 15


def context(totals):
    """Template context of the section. `totals` are those of now."""
    recent = activity.recent()
    week = recent.days[-7:]
    return {
        "total": totals.total,
        # Signed and confirmed.
        "today": recent.days[-1][1:],
        "week": (sum(row[1] for row in week), sum(row[2] for row in week)),
        "days": recent.days,
        # (x of the bar of the signed, x of that of the confirmed, day, signed, confirmed)
        "bars": [
            (DAY_WIDTH * index + 4, DAY_WIDTH * index + 6 + BAR_WIDTH, *row) for index, row in enumerate(recent.days)
        ],
        "highest": max(1, *(max(row[1:]) for row in recent.days)),
        "width": DAY_WIDTH * len(recent.days),
        "bar_width": BAR_WIDTH,
        # (name, confirmed today, confirmed this week, supporters in all)
        "sectors": [(sector, *recent.sectors.get(sector.pk, (0, 0)), people) for sector, people in totals.sectors],
    }
