"""What is published of commitments: equal to a recount, moved once a day, and nothing from which a small group can be told.

The attacker has four accounts of their own, knows what these chose, were asked and answered, and subtracts them. They read the
live total of each sector, and the figures of every commitment on every day.
"""

import csv
import io
import itertools
import random

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from scipy.optimize import LinearConstraint, milp

from pledges.commitments import figures as commitments
from pledges.commitments.figures import OWN_ACCOUNTS, without_certainties
from pledges.commitments.models import FIGURES, MOST, FollowUpAnswer
from pledges.events.models import in_steps
from pledges.models import ChosenCommitment, Commitment, CommitmentFigures, Pledge
from tests.commitments import choose, commitment_of, make_chosen, make_others, next_day, published
from tests.drill import rounds
from tests.factories import make_pledge
from tests.pledges.serving.test_snapshot import version

pytestmark = pytest.mark.django_db

# What one person can be in, beside one commitment. The attacker looks for each of these groups and for their sums.
GROUPS = ("not_chosen", "not_asked", "silent", "done", "going_on", "cannot_say", "not_any_more")
SUMS = {
    "chosen": GROUPS[1:],
    "asked": GROUPS[2:],
    "answered": GROUPS[3:],
    "kept": ("done", "going_on"),
    **{group: (group,) for group in GROUPS},
}


def answered(commitment, **people):
    """People of the sector of a commitment: {answer, "silent" or "not_asked": number}."""
    for kind, number in people.items():
        make_chosen(commitment, number, {"not_asked": None, "silent": ""}.get(kind, kind))


def test_the_figures_equal_a_recount_in_steps_of_five(client):
    commitment = commitment_of()
    answered(commitment, not_asked=3, silent=12, done=9, going_on=5, cannot_say=4, not_any_more=6)
    make_others("parents", 10)
    next_day()
    assert published(commitment) == {
        "chosen": 35, "asked": 35, "answered": 20, "done": 5, "going_on": 5, "cannot_say": 0, "silent": 10,
    }  # fmt: skip
    assert published(commitment) == {name: in_steps(n) for name, n in recount(commitment).items()}


def recount(commitment):
    """The exact figures, counted row by row."""
    rows = [row for row in ChosenCommitment.objects.filter(commitment=commitment) if row.pledge.state == "confirmed"]
    asked = [row for row in rows if row.asked_at]
    by_answer = {answer: sum(row.answer == answer for row in rows) for answer in ("done", "going_on", "cannot_say")}
    silent = sum(row.answer == "" for row in asked)
    return {"chosen": len(rows), "asked": len(asked), "answered": len(asked) - silent, **by_answer, "silent": silent}


def test_a_withdrawal_takes_the_person_out_of_every_figure_on_the_next_day():
    commitment = commitment_of()
    [*_, last] = make_chosen(commitment, 15, FollowUpAnswer.DONE)
    make_others("parents", 20)
    next_day()
    assert published(commitment)["done"] == 15
    last.withdraw()
    assert commitments.publish() == 0 and published(commitment)["done"] == 15
    next_day()
    assert {name: published(commitment)[name] for name in ("chosen", "asked", "answered", "done")} == dict.fromkeys(
        ("chosen", "asked", "answered", "done"), 10
    )
    Pledge.objects.filter(chosen__commitment=commitment).invalidate()
    next_day()
    assert set(published(commitment).values()) == {0}


def test_no_figure_moves_within_a_day_nor_the_version_of_the_content():
    commitment = commitment_of()
    make_others("parents", 10)
    next_day()
    before = version()
    for _ in range(6):
        make_chosen(commitment, 1, FollowUpAnswer.DONE)
        assert commitments.publish() == 0 and set(published(commitment).values()) == {0}
    assert version() == before
    next_day()
    assert published(commitment)["done"] == 5 and version() != before


@pytest.mark.parametrize("column", FIGURES)
def test_the_database_refuses_a_figure_between_the_steps(column):
    commitments.publish()
    for people in (1, 4, 7, 23):
        with pytest.raises(IntegrityError, match="in_steps_of_five"), transaction.atomic():
            CommitmentFigures.objects.update(**{column: people})


def test_the_open_data_are_exactly_these_and_null_below_five(client):
    commitment = commitment_of()
    answered(commitment, silent=8, done=6, going_on=4)
    make_others("parents", 10)
    before = client.get("/api/v1/commitments.json").json()
    assert before["as_of"] is None and len(before["commitments"]) == Commitment.objects.count()
    next_day()
    data = client.get("/api/v1/commitments.json").json()
    assert list(data) == ["as_of", "commitments"] and data["as_of"]
    [row] = [each for each in data["commitments"] if each["key"] == commitment.key]
    assert row == {
        "sector": "parents",
        "key": commitment.key,
        "sq": commitment.text_sq,
        "en": commitment.text_en,
        "chosen": 15,
        "asked": 15,
        "answered": 10,
        "done": 5,
        "going_on": None,
        "cannot_say": None,
        "silent": 5,
    }
    assert all(list(each) == list(row) for each in data["commitments"])
    table = list(csv.DictReader(io.StringIO(client.get("/api/v1/commitments.csv").content.decode("utf-8-sig"))))
    [line] = [each for each in table if each["key"] == commitment.key]
    assert line == {name: "" if value is None else str(value) for name, value in row.items()} | {"as_of": data["as_of"]}


def test_a_commitment_that_was_replaced_stays_in_the_open_data(client):
    commitment = commitment_of()
    answered(commitment, done=6)
    make_others("parents", 10)
    new = commitment.replace(text_sq="I ri.", text_en="New.")
    next_day()
    rows = {each["key"]: each for each in client.get("/api/v1/commitments.json").json()["commitments"]}
    assert rows[commitment.key]["done"] == 5 and rows[new.key]["chosen"] is None


def test_where_nearly_everyone_chose_the_same_nothing_is_published():
    """Five of five parents: someone who is four of them would know the fifth."""
    commitment = commitment_of()
    make_chosen(commitment, 5)
    next_day()
    assert published(commitment)["chosen"] == 0
    make_others("parents", 8)
    next_day()
    assert published(commitment)["chosen"] == 0
    make_others("parents", 1)
    next_day()
    assert published(commitment)["chosen"] == 5


def compositions(total, parts):
    """All ways to put so many people into so many groups, as an array."""
    bars = np.array(list(itertools.combinations(range(total + parts - 1), parts - 1)))
    edges = np.hstack([np.full((len(bars), 1), -1), bars, np.full((len(bars), 1), total + parts - 1)])
    return np.diff(edges, axis=1) - 1


def figures_in_steps(people):
    """The figures of an array of people by group, in steps, with the columns of FIGURES."""
    by = dict(zip(GROUPS, people.T, strict=True))
    exact = {name: sum(by[group] for group in SUMS[name]) for name in FIGURES}
    return np.stack([exact[name] // 5 * 5 for name in FIGURES], axis=1)


def certain(people, accounts, rule=without_certainties):
    """{(what the attacker's accounts are in, figures, group): number} of 1 to 4 others that the attacker knows for certain.

    `people` are all of the sector, and public. Every possible sector of that size is tried.
    """
    others = compositions(people - accounts, len(GROUPS))
    found = {}
    for own in compositions(accounts, len(GROUPS)):
        steps, which = np.unique(figures_in_steps(others + own), axis=0, return_inverse=True)
        shown = [tuple(rule({0: dict(zip(FIGURES, row.tolist(), strict=True))}, people)[0].values()) for row in steps]
        looks = {look: number for number, look in enumerate(dict.fromkeys(shown))}
        look_of = np.array([looks[look] for look in shown])[which.ravel()]
        for name, groups in SUMS.items():
            number = others[:, [GROUPS.index(group) for group in groups]].sum(axis=1)
            least, most = np.full(len(looks), 99), np.zeros(len(looks), int)
            np.minimum.at(least, look_of, number)
            np.maximum.at(most, look_of, number)
            for look, at in looks.items():
                if least[at] == most[at] and 1 <= least[at] <= 4:
                    found[tuple(own.tolist()), look, name] = int(least[at])
    return found


def test_attack_steps_of_five_alone_would_tell_small_groups():
    """The attacker is able: against rounding alone they succeed, in small sectors and where nearly everyone chose the same."""
    for people in (5, 10):
        assert certain(people, OWN_ACCOUNTS, rule=lambda rows, people: rows)


@pytest.mark.drill
@pytest.mark.parametrize("people", rounds([5, 10, 13, pytest.param(14, marks=pytest.mark.slow)], [*range(5, 18)]))
def test_attack_four_accounts_tell_no_small_group_of_one_commitment(people):
    for accounts in rounds([OWN_ACCOUNTS], range(OWN_ACCOUNTS + 1)):
        assert certain(people, accounts) == {}


@pytest.mark.drill
def test_attack_the_sum_of_a_sector_pins_no_commitment():
    """Each person has three commitments at most. Where nearly all have three, the sum of the figures would leave one solution."""
    chance = random.Random(1)
    shown = withheld = 0
    for _ in range(rounds(400, 20_000)):
        people, number = chance.randint(14, 40), chance.randint(3, 7)
        chosen = np.zeros(number, int)
        for _person in range(people):
            chosen[chance.sample(range(number), chance.choice([3, 3, 3, 2]))] += 1
        figures = {key: dict.fromkeys(FIGURES, 0) | {"chosen": in_steps(int(n))} for key, n in enumerate(chosen)}
        seen = [row["chosen"] for row in without_certainties(figures, people).values()]
        shown, withheld = shown + any(seen), withheld + (not any(seen))
        for least in seen:
            for own in range(1, OWN_ACCOUNTS + 1) if least else ():
                # The others have at most three each, and at least what is shown of the other commitments.
                most = MOST * (people - own) - sum(seen) + least
                assert min(least + 4 - own, most) > least - own or not 1 <= least - own <= 4
    assert shown and withheld


class History:
    """Random days of a sector with two commitments, one of them replaced; the attacker has OWN_ACCOUNTS accounts among them."""

    def __init__(self, client, seed):
        self.client, self.chance, self.looks = client, random.Random(seed), []
        self.chosen = [commitment_of(number=0), commitment_of(number=1)]
        self.others = make_others("parents", self.chance.randint(12, 22))
        self.own = make_others("parents", OWN_ACCOUNTS)

    def play(self, days):
        """Let days pass, with a look at the published figures after each."""
        for day in range(days):
            if day == days // 2:
                self.chosen[0].replace(text_sq=f"I ri {day}.", text_en=f"New {day}.")
                self.chosen[0].refresh_from_db()
            for _ in range(self.chance.randint(0, 7)):
                self.act(self.chance.choice(self.own if self.chance.random() < 0.5 else self.others))
            next_day()
            self.look()
        return self

    def act(self, pledge):
        """Let one person do something."""
        commitment = self.chance.choice(self.chosen)
        row = pledge.chosen.filter(commitment=commitment).first()
        if row is None:
            if commitment.is_offered and self.chance.random() < 0.9:
                used = set(pledge.chosen.values_list("slot", flat=True))
                slot = min({1, 2, 3} - used)
                ChosenCommitment.objects.create(pledge=pledge, commitment=commitment, slot=slot)
            elif pledge in self.others and self.chance.random() < 0.3:
                self.others.remove(pledge)
                pledge.withdraw()
                self.others.append(make_pledge(state="confirmed"))
        elif self.chance.random() < 0.2:
            row.delete()
        elif row.asked_at is None:
            ChosenCommitment.objects.filter(pk=row.pk).update(asked_at=Now())
        else:
            answer = self.chance.choice(list(FollowUpAnswer))
            ChosenCommitment.objects.filter(pk=row.pk).update(answer=answer, answered_question=1, answered_at=Now())

    def look(self):
        """Remember what is public, what the attacker's own accounts are in, and what is true."""
        rows = {row["key"]: row for row in self.client.get("/api/v1/commitments.json").json()["commitments"]}
        people = self.client.get("/api/v1/totals.json").json()["sectors"]["parents"]["total"]
        self.looks.append(
            {
                commitment.pk: {
                    "seen": {name: rows[commitment.key][name] or 0 for name in FIGURES},
                    "own": self.groups(self.own, commitment),
                    "true": self.groups(self.others, commitment),
                    "people": people,
                    "is_offered": commitment.is_offered,
                }
                for commitment in self.chosen
            }
        )

    def groups(self, pledges, commitment):
        """{group: how many of these pledges}."""
        counts = dict.fromkeys(GROUPS, 0)
        rows = {row.pledge_id: row for row in ChosenCommitment.objects.filter(commitment=commitment)}
        for pledge in pledges:
            row = rows.get(pledge.pk)
            counts["not_chosen" if row is None else "not_asked" if not row.asked_at else row.answer or "silent"] += 1
        return counts


class Attack:
    """The integer program of everything that a History has shown: how many others are in each group on each day."""

    def __init__(self, looks):
        self.looks, self.rows = looks, []
        self.variables = {
            key: number
            for number, key in enumerate((t, c, g) for t, look in enumerate(looks) for c in look for g in GROUPS)
        }
        for time, look in enumerate(looks):
            for commitment, known in look.items():
                self.see(time, commitment, known)
            # Each has three commitments at most.
            everyone = {self.variables[time, c, g]: 1 for c in look for g in SUMS["chosen"]}
            self.rows.append((everyone, 0, MOST * (next(iter(look.values()))["people"] - OWN_ACCOUNTS)))

    def see(self, time, commitment, known):
        """What the figures of one commitment tell on one day."""
        whole = {self.variables[time, commitment, group]: 1 for group in GROUPS}
        self.rows.append((whole, *[known["people"] - OWN_ACCOUNTS] * 2))
        for name in FIGURES:
            own, seen = sum(known["own"][group] for group in SUMS[name]), known["seen"][name]
            row = self.people(time, commitment, name)
            exact = own + sum(known["true"][group] for group in SUMS[name])
            # A figure that is withheld tells nothing; the attacker is told which these are.
            if seen == in_steps(exact):
                self.rows.append((row, seen - own, seen + 4 - own))
        earlier = self.looks[time - 1].get(commitment) if time else None
        if earlier and not earlier["is_offered"]:
            # It is no longer offered.
            row = self.people(time, commitment, "chosen")
            row |= dict.fromkeys(self.people(time - 1, commitment, "chosen"), -1)
            self.rows.append((row, -np.inf, 0))

    def people(self, time, commitment, name):
        """{variable: 1} of the groups of a sum."""
        return {self.variables[time, commitment, group]: 1 for group in SUMS[name]}

    def range(self, time, commitment, name):
        """(least, most) others in a group on a day."""
        aim = self.people(time, commitment, name)
        return tuple(round(sign * self._least(aim, sign)) for sign in (1, -1))

    def _least(self, aim, sign):
        matrix = np.zeros((len(self.rows), len(self.variables)))
        for number, (row, _least, _most) in enumerate(self.rows):
            matrix[number, list(row)] = list(row.values())
        weights = np.zeros(len(self.variables))
        weights[list(aim)] = sign
        result = milp(
            weights,
            constraints=LinearConstraint(matrix, [row[1] for row in self.rows], [row[2] for row in self.rows]),
            integrality=np.ones(len(self.variables)),
        )
        assert result.status == 0, result.message
        return result.fun


@pytest.mark.drill
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, rounds(3, 40)))])
def test_attack_no_sequence_of_days_tells_a_small_group(client, seed):
    """Between two looks anyone may have chosen, given up or answered. Only a commitment that was replaced can gain no person."""
    history = History(client, seed).play(days=6)
    attack = Attack(history.looks)
    for time, look in enumerate(history.looks):
        for commitment, known in look.items():
            for name, groups in SUMS.items():
                least, most = attack.range(time, commitment, name)
                true = sum(known["true"][group] for group in groups)
                assert least <= true <= most, "the attack is sound"
                assert least < most or not 1 <= least <= 4, (time, commitment, name, least)


def test_attack_looks_around_a_lone_withdrawal_tell_no_number_below_five():
    """One of ten leaves: the figure falls by a step, which says between 5 and 9 of before and after, not how many."""
    commitment = commitment_of()
    pledges = make_chosen(commitment, 6, FollowUpAnswer.DONE)
    own = make_others("parents", OWN_ACCOUNTS)
    make_others("parents", 20)
    for pledge in own:
        choose(pledge, commitment)
    next_day()
    looks = [published(commitment)["chosen"]]
    pledges[0].withdraw()
    next_day()
    looks.append(published(commitment)["chosen"])
    assert looks == [10, 5]
    # Of the others: 6 to 10 before, and 1 to 5 after. People may have come and gone meanwhile.
    assert [(look - OWN_ACCOUNTS, look + 4 - OWN_ACCOUNTS) for look in looks] == [(6, 10), (1, 5)]
