"""Groups and counties as their pages show them: the own goal, the size of the name."""

import pytest

from pledges.goals.models import round_goal
from pledges.totals.parts import Hero


@pytest.mark.parametrize(
    ("people", "goal"), [(0, 100), (99, 100), (100, 200), (199, 200), (765, 1000), (1021, 2000), (2_000_000, 5_000_000)]
)
def test_a_group_or_county_has_the_next_goal_of_the_series(people, goal):
    assert round_goal(people) == goal


@pytest.mark.parametrize(
    ("name", "size"),
    [("prindër", ""), ("të rinj", ""), ("Elbasani", "long"), ("Gjirokastra", "longer"), ("zyrtarë publikë", "longer")],
)
def test_a_long_name_is_smaller(name, size):
    assert Hero(name, "s1", 0, "").size == size
