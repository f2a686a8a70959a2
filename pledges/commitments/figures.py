"""What is published of commitments: people in steps of five, moved once a day."""

from collections import Counter, defaultdict

from django.db.models import Count, Q
from django.utils import timezone

from pledges.commitments.models import FIGURES, MOST, ChosenCommitment, CommitmentFigures
from pledges.events.models import STEP, in_steps
from pledges.sectors.models import Commitment
from pledges.supporters.models import Pledge

# Accounts of an attacker, who knows what these chose and subtracts them.
OWN_ACCOUNTS = STEP - 1
NOTHING = dict.fromkeys(FIGURES, 0)


def publish():
    """Publish today's figures of the commitments, unless that is done; returns of how many commitments.

    The worker calls it every minute, so the first call after midnight in Tirana counts the people of the days before. Until the
    next midnight no figure moves.
    """
    missing = Commitment.objects.filter(figures=None)
    CommitmentFigures.objects.bulk_create(
        [CommitmentFigures(commitment=commitment) for commitment in missing], ignore_conflicts=True
    )
    now = timezone.localtime()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    due = list(CommitmentFigures.objects.filter(Q(published_at=None) | Q(published_at__lt=midnight)))
    if due:
        figures = published()
        for row in due:
            row.published_at = now
            for name, people in figures[row.commitment_id].items():
                setattr(row, name, people)
        # One statement, and none where nothing is due: each changes the version of the content.
        CommitmentFigures.objects.bulk_update(due, [*FIGURES, "published_at"])
    return len(due)


def published():
    """{commitment id: {figure: people in steps of five}} as published of now; 0 below five and where a figure is withheld."""
    exact, people = ChosenCommitment.objects.counted(), _people_by_sector()
    sectors = defaultdict(dict)
    for commitment in Commitment.objects.all():
        counts = exact.get(commitment.pk, NOTHING)
        sectors[commitment.sector_id][commitment.pk] = {name: in_steps(n) for name, n in counts.items()}
    return {
        commitment: figures
        for sector, rows in sectors.items()
        for commitment, figures in without_certainties(rows, people[sector]).items()
    }


def without_certainties(rows, people):
    """The figures in steps of the commitments of one sector of so many people, without those that tell too much.

    The number of people is public and exact, and each has at most MOST commitments. Where nearly all of them chose a commitment,
    or nearly all chose as many as they could, a figure in steps would leave only one possible number, and someone with four
    accounts of their own could subtract these.
    """
    if sum(row["chosen"] for row in rows.values()) + STEP > MOST * (people - OWN_ACCOUNTS):
        return dict.fromkeys(rows, NOTHING)
    return {key: row if people - (row["chosen"] + OWN_ACCOUNTS) >= STEP else NOTHING for key, row in rows.items()}


def _people_by_sector():
    """{sector id: people who confirmed and can have chosen its commitments}.

    Those who are in it, and those whom a merge moved to another sector: the words they signed stay those of this one.
    """
    people = Counter()
    confirmed = Pledge.objects.confirmed().order_by()
    for sector, signed_in, n in confirmed.values_list("sector", "wording__sector").annotate(n=Count("pk")):
        for each in {sector, signed_in}:
            people[each] += n
    return people
