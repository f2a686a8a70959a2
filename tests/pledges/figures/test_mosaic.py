"""The mosaic: how many dots, in which places, of which sectors."""

import random
import re
from math import dist
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from pledges.figures.mosaic import mosaic, own_mosaic
from pledges.goals.models import round_goal

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


def points(path):
    return set(re.findall(r"M(\S+ \S+?)h\.01", path))


def taken(drawn):
    return set().union(*(points(path) for _, _, path in drawn.dots))


@pytest.mark.parametrize(("people", "dots", "places", "unit"), DRAWN)
def test_the_number_of_dots_follows_from_total_and_goal(people, dots, places, unit):
    one = mosaic(spread(people), round_goal(people))
    assert (one.taken, one.places, one.unit) == (dots, places, unit)
    drawn = taken(one)
    assert len(drawn) == dots == sum(path.count("M") for _, _, path in one.dots), "no two dots in one place"
    visitor = " ".join(one.visitor_place[:2])
    assert len(drawn | points(one.free_path) | {visitor}) == places == dots + len(points(one.free_path)) + 1
    assert sum(path.count("M") for _, path in one.paths) == places, "a picture shows the visitor's place as a free one"


@pytest.mark.cases("people", SIZES)
def test_the_markup_takes_less_than_ten_kilobytes(people):
    with translation.override("sq"):
        drawn = render_to_string("pledges/totals/mosaic.html", {"mosaic": mosaic(spread(people), round_goal(people))})
    assert len(drawn.encode()) < 10_000


groups = st.lists(st.integers(0, 400_000) | st.integers(0, 60), min_size=8, max_size=8)


@settings(max_examples=60)
@given(groups, st.lists(st.tuples(st.integers(0, 7), st.integers(1, 30_000)), min_size=1, max_size=8))
def test_additional_people_never_move_an_existing_dot(counts, steps):
    before = None
    for number, more in [(0, 0), *steps]:
        counts[number] += more
        one = mosaic(list(zip(SECTORS, counts, strict=True)), round_goal(sum(counts)))
        if before and before.unit == one.unit and before.places == one.places:
            assert taken(before) <= taken(one)
        before = one


@settings(max_examples=60)
@given(groups)
def test_every_sector_with_people_has_a_dot_and_no_other_sector_has(counts):
    total = sum(counts)
    one = mosaic(list(zip(SECTORS, counts, strict=True)), round_goal(total))
    for (_, people, path), count in zip(one.dots, counts, strict=True):
        assert people == count
        dots = len(points(path))
        assert bool(dots) == bool(people)
        # Largest remainder: less than one dot from its exact share, unless small sectors took their one dot from it.
        assert dots <= max(1, people * one.taken / total + 1) if total else dots == 0
    assert len(taken(one)) == one.taken >= sum(map(bool, counts))


@settings(max_examples=60)
@given(st.integers(10, 2_000_000_000), st.integers(0, 2_000_000_000))
def test_any_goal_that_staff_set_can_be_drawn(goal, people):
    one = mosaic([(SECTORS[0], min(people, goal - 1))], goal)
    assert one.places == -(-goal // one.unit) <= 500
    assert str(one.unit)[0] in "125" and set(str(one.unit)[1:]) <= {"0"}
    assert one.taken <= one.places


def edges(one):
    """The outer radius of the ring, as style sheets draw it, and how far its centre is from the edge of the nearest taken dot."""
    x, y, radius = map(float, one.visitor_place)
    dots = (tuple(map(float, point.split())) for point in taken(one))
    nearest = min((dist((x, y), dot) for dot in dots), default=999) - float(one.dot_width) / 2
    return (12 + 2.5 if one.has_wide_ring else radius + 1.5), nearest


@pytest.mark.cases("people", [0, 7, 95, 99, 185, 300, 449, 494, 498, 3999, 40_000, 3_000_000])
def test_the_ring_covers_no_taken_dot_and_stays_where_it_is(people):
    one = mosaic(spread(people), round_goal(people))
    outer, nearest = edges(one)
    assert outer <= nearest
    assert one.visitor_place == mosaic(spread(0), round_goal(people)).visitor_place, "the last place to be taken"
    # Until the last few places it is large enough to be seen on a phone.
    assert outer >= 14.5 or one.places - one.taken <= 5


def test_the_visitor_s_place_is_where_its_label_has_room():
    for people, goal in ((0, 100), (3, 10), (7, 100), (300, 500), (40_000, 50_000)):
        x, y, _ = map(float, mosaic(spread(people), goal).visitor_place)
        assert x < 180 and 285 <= y <= 560
    assert mosaic(spread(99), 99).visitor_place is None, "no place is free"


def centres(paths):
    return [tuple(map(float, point.split())) for _color, path in paths for point in points(path)]


@pytest.mark.cases("people", [1, 7, 60, 150, 300, 2971, 40_000, 999_999, 3_000_000])
def test_one_s_own_dot_touches_no_other_and_is_one_more(people):
    counts = spread(people)
    own = max(counts, key=lambda pair: pair[1])[0]
    one, usual = own_mosaic(counts, round_goal(people), own), mosaic(counts, round_goal(people))
    assert (one.total, one.unit, one.sector) == (people, usual.unit, own)
    outermost = float(one.ring) + 2 + float(one.dot_width) / 2
    assert min(dist(each, (one.x, one.y)) for each in centres(one.paths)) > outermost
    assert one.x - float(one.radius) > 148 and float(one.radius) >= float(one.dot_width) / 2
    left_out = usual.places - len(centres(one.paths))
    assert 1 <= left_out <= 10, "few places make room"
    others = len(centres(one.paths[1:]))
    assert others == min(
        max((people - 1) // usual.unit, sum(n - (s == own) > 0 for s, n in counts)), usual.places - left_out
    )


def test_the_first_supporter_has_the_only_dot():
    one = own_mosaic([(each, int(each is SECTORS[6])) for each in SECTORS], 100, SECTORS[6])
    assert centres(one.paths[1:]) == []
    assert (one.x, one.y, one.sector.color) == (168, 330, "s7")
