"""The growth chart: steps, labels and milestones."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.utils import translation

from pledges.figures import charts
from pledges.figures.charts import growth_chart

TODAY = date(2026, 11, 25)


def growing(days, each=3):
    """(day, people) of so many days up to TODAY."""
    return [(TODAY - timedelta(days - 1 - number), each) for number in range(days)]


def points(chart):
    """[(x, y)] of the line, in a box of 100 × 100."""
    return [tuple(map(float, point.split(" "))) for point in chart.line.split("L")]


@pytest.mark.parametrize(
    ("days", "by_week"), [(1, False), (2, False), (60, False), (61, True), (365, True), (2000, True)]
)
def test_a_long_period_is_drawn_by_week(days, by_week):
    chart = growth_chart(growing(days), TODAY, [])
    assert chart.by_week == by_week
    assert sum(new for _, new, _ in chart.steps) == chart.steps[-1][2] == 3 * days
    assert [total for _, _, total in chart.steps] == sorted(total for _, _, total in chart.steps)
    assert chart.steps[-1][0] == TODAY and chart.first == growing(days)[0][0]
    ends = [day for day, _, _ in chart.steps[:-1]]
    assert not by_week or {day.weekday() for day in ends} == {6}, "weeks end on Sundays"
    places = points(chart)
    assert places[0] == (0, 100) and places[-1][0] == 100
    assert all(0 <= x <= 100 and 0 <= y <= 100 for x, y in places)


# (days ago, people)
@pytest.mark.cases("days", [[(7, 1), (6, -1)], [(7, 3869), (6, -2500)], [(207, 900), (7, -899)]])
def test_after_a_fall_the_line_and_its_marks_stay_in_the_picture(days):
    days = [(TODAY - timedelta(ago), people) for ago, people in days]
    chart = growth_chart(days, TODAY, [(TODAY - timedelta(6), "100")])
    assert all(0 <= x <= 100 and 0 <= y <= 100 for x, y in points(chart))
    assert all(charts.TOP <= float(y) <= charts.FLOOR for _x, y, *_ in chart.marks)
    assert chart.ticks and all(charts.TOP <= float(y) <= charts.FLOOR for y, _number in chart.ticks)


def test_without_days_there_is_no_chart():
    assert growth_chart([], TODAY, []) is None


def test_the_movement_s_days_are_in_the_chart():
    with translation.override("en"):
        chart = growth_chart(growing(300), TODAY, [])
    assert [words for _, words, _, _ in chart.dates] == ["1 June", "23 July", "18–19 November"]
    assert [float(x) for x, *_ in chart.dates] == sorted(float(x) for x, *_ in chart.dates)


@pytest.mark.parametrize("days", [30, 365, 1200, 4000])
def test_labels_never_overlap(days):
    milestones = [(TODAY - timedelta(days // part), str(10 * part)) for part in (1, 2, 3, 30)]
    chart = growth_chart(growing(days), TODAY, milestones)
    for row in (0, 1):
        places = [float(x) for x, words, in_row, _ in chart.dates if words and in_row == row]
        assert all(
            after - before >= charts.LABEL_WIDTH - 0.1 for before, after in zip(places, places[1:], strict=False)
        )
    named = [float(x) for x, _, words, _ in chart.marks if words]
    assert named[-1] == 100, "today's total keeps its label"
    assert all(after - before >= charts.LABEL_WIDTH - 0.1 for before, after in zip(named, named[1:], strict=False))
    assert len(chart.marks) == 5, "every milestone has its dot"


@pytest.mark.parametrize(
    ("days", "day"), [(20, TODAY - timedelta(10)), (396, date(2026, 6, 10))], ids=["by day", "by week"]
)
def test_a_milestone_is_at_its_day_on_the_line(days, day):
    chart = growth_chart(growing(days), TODAY, [(day, "30")])
    x, y, words, _ = chart.marks[0]
    begin = TODAY - timedelta(days)
    assert words == "30" and float(x) == pytest.approx(100 * (day - begin).days / days, abs=0.1)
    pairs = pairwise(points(chart))
    (left, above), (right, below) = next(pair for pair in pairs if pair[0][0] <= float(x) <= pair[1][0])
    down = above + (below - above) * (float(x) - left) / (right - left)
    assert float(y) == pytest.approx(charts.TOP + down * (charts.FLOOR - charts.TOP) / 100, abs=0.1)
