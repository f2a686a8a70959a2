"""The published figures: everything that is finer than the total and the sectors, once a night.

The rule by which small numbers are published, of which docs/decisions.md says why it has these constants:
Each night `people + offset + blur` is compared with what is shown. The offset is drawn once for each figure, the blur each
night. What is shown follows from these sums alone, so it tells nothing more than they do.
- The offset never changes, so that no number of looks tells people from offset.
- The blur makes each outcome of a night nearly as likely with one person more: by at most a factor of e ** (1 / BLUR).
- MOVE is twice what an attacker with ten mailboxes can add, so they hardly ever move a figure and see few outcomes.
- From SMALLEST on a figure is shown, so a figure of a few people stays hidden with these accounts too.
"""

import math
import random
from typing import NamedTuple

from django.db import connection, models, transaction
from django.db.models import CharField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

# Offsets are from -OFFSETS / 2 up.
OFFSETS = 30
# The scale of the blur, a two-sided geometric distribution.
BLUR = 6
# A figure moves by about this many people at least.
MOVE = 40
# A smaller figure is not shown.
SMALLEST = 60
STEP = 5
# A figure is not shown if an exact number that it is a part of exceeds it by less.
MARGIN = 40
# Answers are shown from this many people on whom we asked.
SMALLEST_ASKED = 100
# The key of the advisory lock of the process that publishes. It is an arbitrary number.
LOCK = 7301964422

# The exact number of each figure that counts anyone. Not for publication.
PEOPLE_SQL = """
SELECT name, sum(n)::bigint FROM (
    SELECT 'county:' || coalesce(county_id, '') AS name, count(*) AS n FROM pledges_pledge WHERE state = 'confirmed' GROUP BY 1
    UNION ALL
    SELECT unnest(ARRAY['county:' || county_id, 'event:' || event_id || ':groups']), counted.n::bigint
    FROM pledges_grouppledge, jsonb_each_text(counted) AS counted (sector, n) WHERE state = 'approved'
    UNION ALL
    SELECT unnest(ARRAY['county:' || coalesce(county_id, ''), 'event:' || event_id || ':paper']), marks.n::bigint
    FROM pledges_papersheet, jsonb_each_text(first) AS marks (sector, n) WHERE state = 'counted'
    UNION ALL
    SELECT 'event:' || event_id || ':link', confirmations FROM pledges_eventcount
    UNION ALL
    SELECT 'commitment:' || commitment_id || ':' || figure, count(*)
    FROM pledges_chosencommitment JOIN pledges_pledge pledge ON pledge.id = pledge_id AND pledge.state = 'confirmed',
    LATERAL (VALUES
        ('chosen', true), ('asked', asked_at IS NOT NULL), ('answered', answer <> ''), (answer, answer <> ''),
        ('silent', asked_at IS NOT NULL AND answer = '')
    ) AS figures (figure, holds)
    WHERE holds GROUP BY 1
) people WHERE name IS NOT NULL GROUP BY name
"""

# People who can have chosen each commitment. Those of its sector, and those whom a merge moved to another one: the words they
# signed stay those of this one.
WHOLES_SQL = """
SELECT 'commitment:' || commitment.id, sum(n)::bigint FROM pledges_commitment commitment JOIN (
    SELECT pledge.sector_id, wording.sector_id AS signed_in, count(*) AS n
    FROM pledges_pledge pledge JOIN pledges_wording wording ON wording.id = wording_id WHERE state = 'confirmed' GROUP BY 1, 2
) people ON commitment.sector_id IN (people.sector_id, people.signed_in) GROUP BY commitment.id
"""


_random = random.SystemRandom()


def draw_offset():
    """The offset of a new figure, which is kept."""
    return _random.randrange(OFFSETS) - OFFSETS // 2


def draw_blur(source=_random):
    """The blur of one figure in one night."""

    def geometric():
        return int(math.log(1 - source.random()) * -BLUR)

    return geometric() - geometric()


def next_shown(shown, blurred):
    """What is shown after this night, 0 for nothing; `blurred` is people + offset + blur."""
    if abs(blurred - shown) < MOVE:
        return shown
    return STEP * round(blurred / STEP) if blurred >= SMALLEST else 0


class PublishedFigure(models.Model):
    """One figure, by its name: "county:AL-11" ("county:" for none), "commitment:5:chosen", "event:3:link".

    The row stays when what it counts is deleted, and its offset never changes: a second offset would be a second look at the same
    people. published.sql enforces both. No exact number is stored.
    """

    name = models.CharField(max_length=60, primary_key=True)
    offset = models.SmallIntegerField(default=draw_offset)
    # What is published, 0 for nothing.
    shown = models.BigIntegerField(default=0)
    # Whether an exact number that it is a part of is too close to show it.
    is_withheld = models.BooleanField(default=False)
    # The night in which it was last compared.
    looked_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="published_figure_never_small", condition=Q(shown=0) | Q(shown__gte=SMALLEST))
        ]

    @property
    def people(self):
        """About how many people, as everyone may know; 0 if nothing is shown."""
        return 0 if self.is_withheld else self.shown

    def look(self, people, whole=None):
        """Compare with the exact number of tonight; `whole` is the exact, public number that it is a part of."""
        self.shown = next_shown(self.shown, people + self.offset + draw_blur())
        self.is_withheld = whole is not None and whole - self.shown < MARGIN


def shown_of(kind, name):
    """An expression for a queryset: what is published of each row under "kind:id:name", 0 for nothing."""
    full = Concat(Value(f"{kind}:"), Cast(OuterRef("pk"), CharField()), Value(f":{name}"))
    return Coalesce(Subquery(PublishedFigure.objects.filter(name=full, is_withheld=False).values("shown")), 0)


def publish():
    """Compare all figures with the rows, unless that is done today (Europe/Tirane); returns how many were compared.

    The worker calls it every minute, so this happens just after midnight. A figure has one look in a night, as each look tells
    something.
    """
    if _is_done():
        return 0
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            if _is_done():
                return 0
            cursor.execute(PEOPLE_SQL)
            people = dict(cursor.fetchall())
            cursor.execute(WHOLES_SQL)
            wholes = dict(cursor.fetchall())
        everyone = sum(n for name, n in people.items() if name.startswith("county:"))
        PublishedFigure.objects.bulk_create([PublishedFigure(name=name) for name in people], ignore_conflicts=True)
        rows, now = list(PublishedFigure.objects.all()), timezone.now()
        for row in rows:
            kind = row.name.partition(":")[0]
            whole = {"county": everyone, "commitment": wholes.get(row.name.rpartition(":")[0], 0)}.get(kind)
            row.look(people.get(row.name, 0), whole)
            row.looked_at = now
        PublishedFigure.objects.bulk_update(rows, ["shown", "is_withheld", "looked_at"])
    return len(rows)


def _is_done():
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return PublishedFigure.objects.filter(looked_at__gte=midnight).exists()


class CommitmentFigures(NamedTuple):
    """What is published of a commitment: about how many people each, 0 for nothing. They do not add up: each is blurred.

    Their names are those in the open data.
    """

    chosen: int = 0
    asked: int = 0
    answered: int = 0
    done: int = 0
    going_on: int = 0
    cannot_say: int = 0
    silent: int = 0

    @classmethod
    def of(cls, commitment, people_of):
        """Those of a commitment; `people_of` returns what is published under a name. No part is above its whole."""
        chosen, *others = (people_of(f"commitment:{commitment.pk}:{name}") for name in cls._fields)
        asked, *answers = (min(people, chosen) for people in others)
        if asked < SMALLEST_ASKED:
            return cls(chosen)
        return cls(chosen, asked, *(min(people, asked) for people in answers))

    @property
    def kept(self):
        """How many have done it or are still working on it."""
        return min(self.asked, self.done + self.going_on)

    @property
    def rest(self):
        """Those asked who said that it is not for them any more, or are too few of one kind to be shown."""
        return max(0, self.asked - self.done - self.going_on - self.cannot_say - self.silent)
