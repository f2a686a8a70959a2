"""What is published of commitments: about as many as the rows say, null where too few, and no part above its whole."""

import csv
import io

import pytest

from pledges.figures.kept import kept
from pledges.models import Commitment, Pledge
from pledges.published.commitments import CommitmentFigures
from tests.commitments import commitment_of, exact, make_chosen
from tests.factories import make_pledge
from tests.published import show

pytestmark = pytest.mark.django_db


def answered(commitment, **people):
    """People of the sector of a commitment: {answer, "silent" or "not_asked": number}."""
    for kind, number in people.items():
        make_chosen(commitment, number, {"not_asked": None, "silent": ""}.get(kind, kind))


def show_figures(commitment, **people):
    show({f"commitment:{commitment.pk}:{name}": n for name, n in people.items()})


def test_each_person_of_a_commitment_counts_once_in_each_of_its_figures_until_they_leave():
    commitment = commitment_of()
    answered(commitment, not_asked=3, silent=4, done=2, going_on=2, cannot_say=1, not_any_more=2)
    make_pledge()
    assert exact(commitment) == {
        "chosen": 14, "asked": 11, "answered": 7, "done": 2, "going_on": 2, "cannot_say": 1, "silent": 4,
    }  # fmt: skip
    Pledge.objects.filter(chosen__answer="done").first().withdraw()
    assert (exact(commitment)["chosen"], exact(commitment)["done"]) == (13, 1)
    Pledge.objects.filter(chosen__commitment=commitment).invalidate()
    assert set(exact(commitment).values()) == {0}


def test_no_part_is_shown_above_its_whole_and_answers_from_a_hundred_asked_on():
    def figures(**people):
        return CommitmentFigures.of(Commitment(pk=1), lambda name: people.get(name.split(":")[2], 0))

    shown = figures(chosen=150, asked=170, answered=200, done=160, silent=65)
    assert (shown.chosen, shown.asked, shown.answered, shown.done, shown.silent) == (150, 150, 150, 150, 65)
    assert figures(chosen=150, asked=95, done=80) == CommitmentFigures(chosen=150)
    assert figures(asked=150, done=80) == CommitmentFigures(), "the whole is not shown"
    assert figures(chosen=200, asked=200, done=60, going_on=60).rest == 80
    assert kept(figures(chosen=200, asked=200, done=60, going_on=60)), "most are accounted for"
    assert kept(figures(chosen=200, asked=200, done=60)) is None, "a drawing would say that most gave it up"


def test_the_open_data_are_exactly_these_and_null_where_nothing_is_shown(client):
    commitment = commitment_of()
    before = client.get("/api/v1/commitments.json").json()
    assert before["as_of"] is None and len(before["commitments"]) == Commitment.objects.count()
    show_figures(commitment, chosen=150, asked=120, answered=85, done=60, silent=60)
    data = client.get("/api/v1/commitments.json").json()
    assert list(data) == ["as_of", "commitments"] and data["as_of"]
    [row] = [each for each in data["commitments"] if each["key"] == commitment.key]
    assert row == {
        "sector": "parents",
        "key": commitment.key,
        "sq": commitment.text_sq,
        "en": commitment.text_en,
        "chosen": 150,
        "asked": 120,
        "answered": 85,
        "done": 60,
        "going_on": None,
        "cannot_say": None,
        "silent": 60,
    }
    assert all(list(each) == list(row) for each in data["commitments"])
    table = list(csv.DictReader(io.StringIO(client.get("/api/v1/commitments.csv").content.decode("utf-8-sig"))))
    [line] = [each for each in table if each["key"] == commitment.key]
    assert line == {name: "" if value is None else str(value) for name, value in row.items()} | {"as_of": data["as_of"]}
