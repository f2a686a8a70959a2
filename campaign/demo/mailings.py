"""Invented news by email, and what invented supporters follow, for the demonstration."""

import random
from datetime import timedelta

from django.utils import timezone

from campaign.demands.models import Demand
from pledges.models import County, Follow, Mailing, MailingCount, Pledge

# (days since its release or None, state, words).
MAILINGS = (
    (
        21,
        Mailing.State.DONE,
        {
            "subject_sq": "Lajme të shpikura nga Ne jemi 1",
            "subject_en": "Invented news from We are 1",
            "text_sq": "Përshëndetje.\n\nKy email është shpikur për të treguar si duket faqja. Nuk iu dërgua askujt.",
            "text_en": "Hello.\n\nThis email was invented to show how the page works. It was not sent to anyone.",
        },
    ),
    (
        None,
        Mailing.State.READY,
        {
            "subject_sq": "Ftesë e shpikur për një mbrëmje",
            "subject_en": "Invented invitation to an evening",
            "text_sq": "Përshëndetje.\n\nKjo ftesë është e shpikur. Mbrëmja nuk do të mbahet.",
            "text_en": "Hello.\n\nThis invitation was invented. The evening will not take place.",
        },
    ),
)
COUNTS = {MailingCount.Kind.SENT: 1080, MailingCount.Kind.RETURNED: 14, MailingCount.Kind.UNSUBSCRIBED: 9}
FOLLOWERS = 240


def write():
    """Write the mailings, with their figures, and let some supporters follow a demand or their county."""
    for days, state, words in MAILINGS:
        released_at = days and timezone.now() - timedelta(days=days)
        ended_at = released_at and released_at + timedelta(hours=1)
        mailing = Mailing.objects.create(state=state, released_at=released_at, ended_at=ended_at, **words)
        if released_at:
            rows = [MailingCount(mailing=mailing, kind=kind, n=n) for kind, n in COUNTS.items()]
            MailingCount.objects.bulk_create(rows)
    rng = random.Random(5)
    demands = list(Demand.objects.values_list("key", flat=True))
    pledges = Pledge.objects.confirmed().exclude(county=County.ABROAD).exclude(county=None).order_by("pk")
    for pledge in pledges[:FOLLOWERS]:
        Follow.choose(pledge, rng.sample(demands, min(len(demands), rng.randrange(2))), [pledge.county_id])
