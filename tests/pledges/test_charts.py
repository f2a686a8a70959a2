"""What is drawn: the 1 made of people, the map, the line of growth."""

import random
import re
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from pledges import charts
from pledges.models import PledgingSettings

SECTORS = [
    SimpleNamespace(slug=slug, name=slug.title(), color=f"s{number}")
    for number, slug in enumerate(
        ["parents", "teachers", "educators", "artists", "officials", "civil-society", "youth", "citizens"], start=1
    )
]
SIZES = [0, 7, 300, 40_000, 3_000_000]
# What look.md promises at these sizes: (people, places taken, places, people a dot).
DRAWN = [(0, 0, 100, 1), (7, 7, 100, 1), (300, 300, 500, 1), (40_000, 400, 500, 100), (3_000_000, 300, 500, 10_000)]


def spread(people, seed=1):
    """So many people over the sectors, unevenly."""
    chance = random.Random(seed)
    weights = [chance.random() ** 2 + 0.01 for _ in SECTORS]
    counts = [int(people * weight / sum(weights)) for weight in weights]
    counts[0] += people - sum(counts)
    return list(zip(SECTORS, counts, strict=True))


def goal_of(people):
    return PledgingSettings().goal_above(people)


def points(path):
    return set(re.findall(r"M(\S+ \S+?)h\.01", path))


def taken(mosaic):
    return set().union(*(points(path) for _, _, path in mosaic.dots))


@pytest.mark.parametrize(("people", "dots", "places", "unit"), DRAWN)
def test_the_one_has_so_many_dots(people, dots, places, unit):
    mosaic = charts.mosaic(spread(people), goal_of(people))
    assert (mosaic.taken, mosaic.places, mosaic.unit) == (dots, places, unit)
    drawn = taken(mosaic)
    assert len(drawn) == dots == sum(path.count("M") for _, _, path in mosaic.dots), "no two dots in one place"
    yours = " ".join(mosaic.yours[:2])
    assert len(drawn | points(mosaic.empty) | {yours}) == places == dots + len(points(mosaic.empty)) + 1


@pytest.mark.parametrize("people", SIZES)
@pytest.mark.parametrize("language", ["sq", "en"])
def test_the_one_weighs_under_ten_kilobytes(people, language):
    with translation.override(language):
        drawn = render_to_string("pledges/one.html", {"one": charts.mosaic(spread(people), goal_of(people))})
    assert len(drawn.encode()) < 10_000


groups = st.lists(st.integers(0, 400_000) | st.integers(0, 60), min_size=8, max_size=8)


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(groups, st.lists(st.tuples(st.integers(0, 7), st.integers(1, 30_000)), min_size=1, max_size=8))
def test_people_who_come_never_move_a_dot_that_is_there(counts, steps):
    before = None
    for number, more in [(0, 0), *steps]:
        counts[number] += more
        mosaic = charts.mosaic(list(zip(SECTORS, counts, strict=True)), goal_of(sum(counts)))
        if before and before.unit == mosaic.unit and before.places == mosaic.places:
            assert taken(before) <= taken(mosaic)
        before = mosaic


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(groups)
def test_every_sector_that_has_anyone_has_a_dot_and_no_other(counts):
    total = sum(counts)
    mosaic = charts.mosaic(list(zip(SECTORS, counts, strict=True)), goal_of(total))
    for (_, people, path), count in zip(mosaic.dots, counts, strict=True):
        assert people == count
        dots = len(points(path))
        assert bool(dots) == bool(people)
        # By largest remainder: less than one dot from its exact share, unless small sectors took their one dot from it.
        assert dots <= max(1, people * mosaic.taken / total + 1) if total else dots == 0
    assert len(taken(mosaic)) == mosaic.taken >= sum(map(bool, counts))


@settings(max_examples=200, derandomize=True, database=None, deadline=None)
@given(st.integers(10, 2_000_000_000), st.integers(0, 2_000_000_000))
def test_any_goal_of_staff_can_be_drawn(goal, people):
    mosaic = charts.mosaic([(SECTORS[0], min(people, goal - 1))], goal)
    assert mosaic.places == -(-goal // mosaic.unit) <= 500
    assert str(mosaic.unit)[0] in "125" and set(str(mosaic.unit)[1:]) <= {"0"}
    assert mosaic.taken <= mosaic.places


def test_your_place_is_named_where_the_words_have_room():
    for people in (0, 7, 300, 40_000):
        mosaic = charts.mosaic(spread(people), goal_of(people))
        x, y, _ = map(float, mosaic.yours)
        assert mosaic.is_named and x < 180 and 285 <= y <= 560
    full = charts.mosaic(spread(99), 99)
    assert full.yours is None and not full.is_named, "nobody's place is left"


def county(code, people, population=100_000):
    return SimpleNamespace(code=code, name=code, population=population), people


def a_country(chance, most):
    return [
        county(f"AL-{n:02}", int(chance.random() ** 3 * most), chance.randrange(60_000, 800_000)) for n in range(1, 13)
    ]


@pytest.mark.parametrize("per_10000", [False, True])
@pytest.mark.parametrize("most", [0, 1, 5, 30, 900, 40_000, 1_000_000])
def test_the_map_shades_more_people_darker_and_its_legend_says_so(most, per_10000):
    with translation.override("en"):
        for seed in range(20):
            people = a_country(random.Random(seed), most)
            drawn = charts.county_map(people, per_10000)
            measured = {
                each.code: round(round(charts.rate(each, n), 1) * 10) or bool(n) if per_10000 else n
                for each, n in people
            }
            shades = {each.county.code: each.shade for each in drawn.counties}
            assert set(shades) == set(measured)
            for one in measured:
                for other in measured:
                    if measured[one] < measured[other]:
                        assert shades[one] <= shades[other]
                assert (shades[one] == "q0") == (measured[one] == 0)
            assert {shade for shade, _ in drawn.legend} == set(shades.values()), "no class without a county"
            for shade, words in drawn.legend:
                numbers = [float(word.replace(",", "")) for word in re.findall(r"[\d.,]+", words)]
                # As it is written on the map.
                inside = [
                    float(each.value.replace(",", "")) or measured[each.county.code] / 10
                    for each in drawn.counties
                    if each.shade == shade
                ]
                if numbers:
                    assert numbers[0] <= min(inside)
                if len(numbers) == 2:
                    assert max(inside) <= numbers[1]


def test_classes_hold_about_as_many_counties_each():
    drawn = charts.county_map([county(f"AL-{n:02}", 7**n) for n in range(1, 13)])
    sizes = [[each.shade for each in drawn.counties].count(f"q{n}") for n in range(1, 6)]
    assert sum(sizes) == 12 and max(sizes) - min(sizes) <= 1


def test_what_has_no_outline_is_left_out_of_the_map():
    drawn = charts.county_map([county("abroad", 5, None), county("AL-13", 5), county("AL-01", 5)])
    assert [each.county.code for each in drawn.counties] == ["AL-01"]


TODAY = date(2026, 11, 25)


def growing(days, each=3):
    """(day, people) of so many days up to TODAY."""
    return [(TODAY - timedelta(days - 1 - number), each) for number in range(days)]


@pytest.mark.parametrize(
    ("days", "by_week"), [(1, False), (2, False), (60, False), (61, True), (365, True), (2000, True)]
)
def test_growth_is_drawn_by_day_and_when_it_is_long_by_week(days, by_week):
    chart = charts.growth_chart(growing(days), TODAY, [])
    assert chart.by_week == by_week
    assert sum(new for _, new, _ in chart.steps) == chart.steps[-1][2] == 3 * days
    assert [total for _, _, total in chart.steps] == sorted(total for _, _, total in chart.steps)
    assert chart.steps[-1][0] == TODAY and chart.first == growing(days)[0][0]
    ends = [day for day, _, _ in chart.steps[:-1]]
    assert not by_week or {day.weekday() for day in ends} == {6}, "weeks end on Sundays"
    places = [tuple(map(float, point.split(" "))) for point in chart.line.split("L")]
    assert places[0] == (0, 100) and places[-1][0] == 100
    assert all(0 <= x <= 100 and 0 <= y <= 100 for x, y in places)


def test_growth_of_nothing_is_no_picture():
    assert charts.growth_chart([], TODAY, []) is None


def test_days_without_anyone_are_steps_too():
    chart = charts.growth_chart([(date(2026, 11, 20), 2), (TODAY, 1)], TODAY, [])
    assert [(day.day, new, total) for day, new, total in chart.steps] == [
        (20, 2, 2),
        (21, 0, 2),
        (22, 0, 2),
        (23, 0, 2),
        (24, 0, 2),
        (25, 1, 3),
    ]


def test_the_movement_s_dates_stand_in_the_picture():
    with translation.override("en"):
        chart = charts.growth_chart(growing(300), TODAY, [])
    assert [words for _, words, _, _ in chart.dates] == ["1 June", "23 July", "18–19 November"]
    assert [float(x) for x, *_ in chart.dates] == sorted(float(x) for x, *_ in chart.dates)


@pytest.mark.parametrize("days", [30, 365, 1200, 4000])
def test_words_in_the_picture_never_lie_over_each_other(days):
    milestones = [(TODAY - timedelta(days // part), str(10 * part)) for part in (1, 2, 3, 30)]
    chart = charts.growth_chart(growing(days), TODAY, milestones)
    for row in (0, 1):
        places = [float(x) for x, words, in_row, _ in chart.dates if words and in_row == row]
        assert all(after - before >= charts.LABEL_ROOM - 0.1 for before, after in zip(places, places[1:], strict=False))
    named = [float(x) for x, _, words, _ in chart.marks if words]
    assert named[-1] == 100, "today's total keeps its words"
    assert all(after - before >= charts.LABEL_ROOM - 0.1 for before, after in zip(named, named[1:], strict=False))
    assert len(chart.marks) == 5, "every milestone has its dot"


def test_a_milestone_stands_on_the_line():
    chart = charts.growth_chart(growing(20), TODAY, [(TODAY - timedelta(10), "30")])
    x, y, words, _ = chart.marks[0]
    line = dict(point.split(" ") for point in chart.line.split("L"))
    on_line = {
        round(float(at), 1): charts.TOP + float(down) * (charts.FLOOR - charts.TOP) / 100 for at, down in line.items()
    }
    assert words == "30" and float(y) == pytest.approx(on_line[float(x)], abs=0.1)
