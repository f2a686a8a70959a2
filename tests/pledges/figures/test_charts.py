"""The growth chart and the map of counties: steps, labels, milestones, shades and legend."""

import random
import re
from datetime import date, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from django.utils import translation

from pledges.figures import charts
from pledges.figures.charts import county_map, growth_chart, rate

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


def county(code, people, population=100_000):
    return SimpleNamespace(code=code, name=code, population=population), people


def a_country(chance, most):
    return [
        county(f"AL-{n:02}", int(chance.random() ** 3 * most), chance.randrange(60_000, 800_000)) for n in range(1, 13)
    ]


@pytest.mark.cases("most", [0, 1, 5, 30, 900, 40_000, 1_000_000])
def test_more_people_have_a_darker_shade_and_the_legend_agrees(most):
    with translation.override("en"):
        for seed in range(20):
            people = a_country(random.Random(seed), most)
            drawn = county_map(people)
            measured = {each.code: round(10 * (rate(each, n) or 0)) or bool(n) for each, n in people}
            shades = {each.county.code: each.shade for each in drawn.counties}
            assert set(shades) == set(measured)
            for one in measured:
                for other in measured:
                    if measured[one] < measured[other]:
                        assert shades[one] <= shades[other]
                assert (shades[one] == "q0") == (measured[one] == 0)
            assert {shade for shade, _ in drawn.legend} >= set(shades.values())
            for shade, words in drawn.legend:
                numbers = [float(word.replace(",", "")) for word in re.findall(r"[\d.,]+", words)]
                # As shown on the map.
                inside = [
                    float(each.value.replace(",", "")) or measured[each.county.code] / 10
                    for each in drawn.counties
                    if each.shade == shade != "q0"
                ]
                if numbers and inside:
                    assert numbers[0] <= min(inside)
                if len(numbers) == 2 and inside:
                    assert max(inside) <= numbers[1]


def test_at_most_five_classes_of_one_round_width():
    with translation.override("en"):
        drawn = county_map([county(f"AL-{n:02}", 100 + 15 * n) for n in range(1, 13)])
    assert [words for _shade, words in drawn.legend] == ["25.0 to 29.9", "20.0 to 24.9", "15.0 to 19.9", "10.0 to 14.9"]


def test_a_county_without_an_outline_is_left_out():
    drawn = county_map([county("abroad", 5, None), county("AL-13", 5), county("AL-01", 5)])
    assert [each.county.code for each in drawn.counties] == ["AL-01"]
