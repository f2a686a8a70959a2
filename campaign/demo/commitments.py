"""Invented choices of invented supporters, for `bin/serve --demo`."""

import random
from datetime import timedelta

from django.utils import timezone

from pledges.commitments.models import MOST, FollowUpAnswer
from pledges.models import ChosenCommitment, Commitment, Pledge

# Of 100 people who were asked, how many gave which answer. "" is none.
ANSWERS = {
    "": 45,
    FollowUpAnswer.DONE: 22,
    FollowUpAnswer.GOING_ON: 20,
    FollowUpAnswer.CANNOT_SAY: 6,
    FollowUpAnswer.NOT_ANY_MORE: 7,
}


def write():
    """Let two in three confirmed pledges choose commitments, the first of their sector, of which most were asked about."""
    rng = random.Random(4)
    offered = {}
    for commitment in Commitment.objects.filter(is_offered=True):
        offered.setdefault(commitment.sector_id, []).append(commitment)
    rows = []
    for pledge in Pledge.objects.confirmed().order_by("created_at"):
        if rng.random() < 2 / 3 and pledge.sector_id in offered:
            of_sector = offered[pledge.sector_id]
            number = min(rng.randint(1, MOST), len(of_sector))
            chosen = [of_sector[0], *rng.sample(of_sector[1:], number - 1)]
            rows += [_choice(rng, pledge, each, slot) for slot, each in enumerate(chosen, start=1)]
    ChosenCommitment.objects.bulk_create(rows, batch_size=500)


def _choice(rng, pledge, commitment, slot):
    asked_at = pledge.confirmed_at + timedelta(days=30)
    if rng.random() < 0.25 or asked_at > timezone.now():
        return ChosenCommitment(pledge=pledge, commitment=commitment, slot=slot, chosen_at=pledge.confirmed_at)
    answer = rng.choices(list(ANSWERS), ANSWERS.values())[0]
    return ChosenCommitment(
        pledge=pledge,
        commitment=commitment,
        slot=slot,
        chosen_at=pledge.confirmed_at,
        asked_at=asked_at,
        answer=answer,
        answered_question=1 if answer else None,
        answered_at=asked_at if answer else None,
    )
