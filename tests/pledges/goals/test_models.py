"""Goals: which one is next, what the database refuses, and the values that became rows."""

import pytest
from django.db import IntegrityError, transaction

from pledges.goals.models import goal_above
from pledges.models import Goal

pytestmark = pytest.mark.django_db


@pytest.mark.cases(
    ("people", "goal"),
    [(0, 200), (179, 200), (180, 500), (449, 500), (450, 1500), (1349, 1500), (1350, 1500), (1499, 1500), (1500, 2000)],
)
def test_the_next_goal_opens_at_90_percent_and_the_last_one_stays_until_it_is_reached(people, goal):
    assert goal_above([Goal(people=number) for number in (200, 500, 1500)], people).people == goal


def test_after_the_last_goal_the_round_numbers_follow_without_a_sentence():
    for total, people in ((0, 100), (99, 100), (100, 200), (200, 500), (4999, 5000), (3_000_000, 5_000_000)):
        goal = goal_above([], total)
        assert (goal.people, goal.sentence_sq, goal.sentence_en, goal.pk) == (people, "", "", None)
    assert goal_above([Goal(people=50), Goal(people=60)], 70).people == 100


@pytest.mark.parametrize(
    "values",
    [
        {"people": 5},
        {"people": 500},
        {"people": 800, "sentence_sq": "Vetëm shqip."},
        {"people": 800, "sentence_en": "English only."},
    ],
)
def test_the_database_refuses_a_small_or_double_goal_and_half_a_sentence(values):
    Goal.objects.create(people=500)
    with pytest.raises(IntegrityError), transaction.atomic():
        Goal.objects.create(**values)
