"""The mosaic: how many dots, in which places, of which sectors."""

import random
import re
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from pledges.figures.mosaic import mosaic
from pledges.models import PledgingSettings

SECTORS = [
    SimpleNamespace(slug=slug, name=slug.title(), color=f"s{number}")
    for number, slug in enumerate(
        ["parents", "teachers", "educators", "artists", "officials", "civil-society", "youth", "citizens"], start=1
    )
]
SIZES = [0, 7, 300, 40_000, 3_000_000]
# (people, places taken, places, people per dot)
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


def taken(drawn):
    return set().union(*(points(path) for _, _, path in drawn.dots))


@pytest.mark.parametrize(("people", "dots", "places", "unit"), DRAWN)
def test_the_number_of_dots_follows_from_total_and_goal(people, dots, places, unit):
    one = mosaic(spread(people), goal_of(people))
    assert (one.taken, one.places, one.unit) == (dots, places, unit)
    drawn = taken(one)
    assert len(drawn) == dots == sum(path.count("M") for _, _, path in one.dots), "no two dots in one place"
    visitor = " ".join(one.visitor_place[:2])
    assert len(drawn | points(one.free_path) | {visitor}) == places == dots + len(points(one.free_path)) + 1
    assert sum(path.count("M") for _, path in one.paths) == places, "a picture shows the visitor's place as a free one"


@pytest.mark.parametrize("people", SIZES)
@pytest.mark.parametrize("language", ["sq", "en"])
def test_the_markup_takes_less_than_ten_kilobytes(people, language):
    with translation.override(language):
        drawn = render_to_string("pledges/mosaic.html", {"mosaic": mosaic(spread(people), goal_of(people))})
    assert len(drawn.encode()) < 10_000


groups = st.lists(st.integers(0, 400_000) | st.integers(0, 60), min_size=8, max_size=8)


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(groups, st.lists(st.tuples(st.integers(0, 7), st.integers(1, 30_000)), min_size=1, max_size=8))
def test_additional_people_never_move_an_existing_dot(counts, steps):
    before = None
    for number, more in [(0, 0), *steps]:
        counts[number] += more
        one = mosaic(list(zip(SECTORS, counts, strict=True)), goal_of(sum(counts)))
        if before and before.unit == one.unit and before.places == one.places:
            assert taken(before) <= taken(one)
        before = one


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(groups)
def test_every_sector_with_people_has_a_dot_and_no_other_sector_has(counts):
    total = sum(counts)
    one = mosaic(list(zip(SECTORS, counts, strict=True)), goal_of(total))
    for (_, people, path), count in zip(one.dots, counts, strict=True):
        assert people == count
        dots = len(points(path))
        assert bool(dots) == bool(people)
        # Largest remainder: less than one dot from its exact share, unless small sectors took their one dot from it.
        assert dots <= max(1, people * one.taken / total + 1) if total else dots == 0
    assert len(taken(one)) == one.taken >= sum(map(bool, counts))


@settings(max_examples=200, derandomize=True, database=None, deadline=None)
@given(st.integers(10, 2_000_000_000), st.integers(0, 2_000_000_000))
def test_any_goal_that_staff_set_can_be_drawn(goal, people):
    one = mosaic([(SECTORS[0], min(people, goal - 1))], goal)
    assert one.places == -(-goal // one.unit) <= 500
    assert str(one.unit)[0] in "125" and set(str(one.unit)[1:]) <= {"0"}
    assert one.taken <= one.places


def test_the_visitor_s_place_has_its_label_where_there_is_room():
    for people in (0, 7, 300, 40_000):
        one = mosaic(spread(people), goal_of(people))
        x, y, _ = map(float, one.visitor_place)
        assert one.has_label and x < 180 and 285 <= y <= 560
    full = mosaic(spread(99), 99)
    assert full.visitor_place is None and not full.has_label, "no place is free"
