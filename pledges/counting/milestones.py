"""Recording milestones with the day (Europe/Tirane) on which they were reached."""

from pledges.counting.models import Count
from pledges.goals.models import Milestone

# Number of people. Powers of ten follow.
FIRST_MILESTONE = 100


def record():
    """Record newly reached milestones and return their number. A milestone stays recorded when the total falls again.

    It reads the last count itself: the published content, of which it needs nothing, takes many times as long.
    """
    known, new = set(Milestone.objects.values_list("people", flat=True)), []
    total, milestone = 0, FIRST_MILESTONE
    for day, people in Count.objects.get().figures["days"]:
        total += people
        while total >= milestone:
            if milestone not in known:
                new.append(Milestone(people=milestone, reached_on=day))
            milestone *= 10
    # Another worker can record the same milestone concurrently.
    Milestone.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)
