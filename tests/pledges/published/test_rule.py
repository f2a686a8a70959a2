"""The rule of published figures against an attacker who computes exactly what each night tells (attack.py).

They have ten mailboxes of any domains with two pledges each, sign, withdraw and sign again, and keep all nights of a month.
"""

import random
from statistics import mean

import pytest

from pledges.published import models as rule
from tests.drill import rounds
from tests.pledges.published import attack

NIGHTS = 30


def average(seed, number, scenario, *arguments):
    """The mean result of so many scenarios."""
    source = random.Random(seed)
    return mean(scenario(source, *arguments) for _ in range(number))


@pytest.mark.drill
@pytest.mark.parametrize(
    ("figures", "only_rises"),
    [(1, 0), (1, 1), (4, 1), (5, 1)],
    ids=[
        "a county or commitment",
        "an event",
        "county, commitment, followers, event",
        "county, three commitments, event",
    ],
)
def test_attack_an_exact_figure_of_one_to_four_is_hardly_more_than_a_guess(figures, only_rises):
    """Guessing names it in a quarter of all cases. The link of an event counts each of their pledges and never subtracts one."""
    named = average(1, rounds(60, 400), attack.exact_figure, figures, NIGHTS, only_rises)
    print(f"exact figure of 1 to 4, {figures} figures joined, {only_rises} of an event: {named:.1%}")
    assert named <= 0.30


@pytest.mark.drill
@pytest.mark.parametrize("targets", [1, 2, 0], ids=["the largest county", "the two largest", "the four smallest"])
def test_attack_the_county_of_the_next_newcomer_is_hardly_likelier_than_its_share(targets):
    """The attacker knows all other supporters of each county and all offsets. No one else signs or withdraws in the month."""
    for nights in (1, NIGHTS // 2, NIGHTS - 1):
        gain = average(2, rounds(60, 400), attack.next_newcomer, nights, targets)
        print(f"county of the next newcomer, after {nights} nights: {100 * gain:.1f} points above its share")
        assert gain <= 0.05


@pytest.mark.drill
@pytest.mark.parametrize("nights", [1, NIGHTS // 2], ids=["two nights", "a month"])
def test_attack_a_change_of_a_county_is_known_no_better_than_within_ten(nights):
    """A range of ten numbers that they name misses it in about half of all cases, also after half a month before and after."""
    within = average(3, rounds(20, 400), attack.change, nights, nights)
    print(f"change of a county, {nights} nights before and after: in a range of ten in {within:.0%}")
    assert within <= 0.55


def test_attack_one_person_more_changes_no_outcome_of_a_night_by_much():
    """One night changes the odds of a county by a factor of 1.2 at most, whatever the attacker knows before."""
    for shown in (0, 60, 85, 400):
        for level in range(max(0, shown - 70), shown + 90):
            with_one, without = attack.outcomes(shown, level + 1), attack.outcomes(shown, level)
            for after in with_one.keys() | without.keys():
                one, other = with_one.get(after, 0), without.get(after, 0)
                assert max(one, other) <= 1.2 * min(one, other) + 1e-5


def test_the_attacker_is_able(monkeypatch):
    """Against a narrow offset and no blur they succeed: the measure can fail."""
    for name, value in {"OFFSETS": 2, "BLUR": 0.2, "MOVE": 10, "SMALLEST": 10}.items():
        monkeypatch.setattr(rule, name, value)
    attack.blurs.cache_clear(), attack.outcomes.cache_clear()
    try:
        assert average(1, 10, attack.exact_figure, 3, NIGHTS) > 0.6
        assert average(2, 40, attack.next_newcomer, 5, 1) > 0.05
        assert average(3, 5, attack.change, 5, 5) > 0.8
    finally:
        attack.blurs.cache_clear(), attack.outcomes.cache_clear()


def test_the_blur_has_the_distribution_that_the_attacker_computes_with():
    source = random.Random(4)
    drawn = [rule.draw_blur(source) for _ in range(20_000)]
    for n in (0, 1, -1, 6, -6, 12):
        assert drawn.count(n) / len(drawn) == pytest.approx(attack.blurs()[n], abs=0.008)
    assert {rule.draw_offset() for _ in range(2000)} == set(range(-15, 15))


@pytest.mark.cases(
    ("shown", "blurred", "after"),
    [
        (0, 59, 0),
        (0, 60, 60),
        (0, 63, 65),
        (60, 99, 60),
        (60, 100, 100),
        (100, 61, 100),
        (100, 60, 60),
        (60, 20, 0),
        (95, 55, 0),
    ],
)
def test_a_figure_moves_by_forty_and_is_hidden_below_sixty(shown, blurred, after):
    assert rule.next_shown(shown, blurred) == after
