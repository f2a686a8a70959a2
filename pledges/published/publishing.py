"""Publishing everything finer than the total and the sectors, once a night, by the rule of rule.py."""

from django.db import connection, transaction
from django.utils import timezone

from pledges.published.models import PublishedFigure

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
