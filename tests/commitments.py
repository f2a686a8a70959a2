"""Chosen commitments for tests: people who chose, were asked and answered, and the figures of the next day."""

from datetime import timedelta

from django.db import connection
from django.db.models.functions import Now

from pledges.models import ChosenCommitment, Commitment, FollowUp
from pledges.published.models import PEOPLE_SQL, CommitmentFigures
from tests.factories import make_pledge


def commitment_of(slug="parents", number=0):
    """One of the commitments of a sector."""
    return Commitment.objects.filter(sector__slug=slug)[number]


def choose(pledge, *chosen, **values):
    """Let a pledge choose these commitments, in slots of their own; returns the rows. `values` are other columns."""
    first = pledge.chosen.count() + 1
    return [
        ChosenCommitment.objects.create(pledge=pledge, commitment=commitment, slot=slot, **values)
        for slot, commitment in enumerate(chosen, start=first)
    ]


def make_chosen(commitment, people, answer=None, sector=None):
    """So many pledges, of its sector or another (a slug), that chose it. With an answer ("" is none) they were asked."""
    pledges = [make_pledge(state="confirmed", sector=sector or commitment.sector.slug) for _ in range(people)]
    for pledge in pledges:
        asked = {} if answer is None else {"asked_at": Now()}
        answered = {"answer": answer, "answered_question": 1, "answered_at": Now()} if answer else {}
        choose(pledge, commitment, **asked, **answered)
    return pledges


def ask_now(pledge, questions=1, ago=timedelta()):
    """Let a pledge have been asked so many questions about all of its commitments, the last one so long ago; returns the rows."""
    FollowUp.objects.update_or_create(pledge=pledge, defaults={"questions": questions, "asked_at": Now() - ago})
    pledge.chosen.update(asked_at=FollowUp.objects.get(pledge=pledge).asked_at)
    return list(pledge.chosen.all())


def exact(commitment):
    """{figure: people} as the nightly statement counts them."""
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE_SQL)
        counted = dict(cursor.fetchall())
    return {name: counted.get(f"commitment:{commitment.pk}:{name}", 0) for name in CommitmentFigures._fields}
