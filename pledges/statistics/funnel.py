"""The funnel of confirmations: reading it, keeping the counts of erased rows, and noticing that a mail provider falls."""

import logging
from collections import Counter, defaultdict
from datetime import datetime, time, timedelta

from django.db import connection, transaction
from django.utils import timezone

from pledges.statistics.models import FUNNEL_DAYS, FallenProvider, FunnelDay
from pledges.statistics.origins import provider_digests

logger = logging.getLogger(__name__)

# One statement, so one snapshot: a pledge that is erased meanwhile is counted as a row or as a change, never as both.
READ_SQL = """
WITH pledges AS (
    SELECT id, (created_at AT TIME ZONE 'Europe/Tirane')::date AS day, domain_digest, confirmed_at
    FROM pledges_pledge WHERE created_at >= %(since)s
), sent AS (
    SELECT day, domain_digest, state FROM pledges_message message JOIN pledges ON pledges.id = message.about_id
    WHERE message.kind = 'confirm' AND message.sent_at IS NOT NULL
)
SELECT day, domain_digest, '' AS provider, 'signed' AS kind, count(*) AS n FROM pledges GROUP BY 1, 2
UNION ALL SELECT day, domain_digest, '', 'confirmed', count(*) FROM pledges WHERE confirmed_at IS NOT NULL GROUP BY 1, 2
UNION ALL SELECT day, domain_digest, '', 'sent', count(*) FROM sent GROUP BY 1, 2
UNION ALL SELECT day, domain_digest, '', 'bounced', count(*) FROM sent WHERE state IN ('bounced', 'delayed') GROUP BY 1, 2
UNION ALL SELECT day, domain_digest, '', 'spam', count(*) FROM sent WHERE state = 'spam' GROUP BY 1, 2
UNION ALL SELECT day, domain_digest, '', kind, n FROM pledges_funnelchange WHERE day >= %(day)s
UNION ALL SELECT day, NULL, provider, kind, n FROM pledges_funnelday WHERE day >= %(day)s
"""
# The confirmation messages of a window (false) and of the same window of each of the days before (true): how many were sent, and
# how many of their pledges were confirmed soon after. A window ends long enough ago for the last of them. Of a window with many
# messages only the last ones are read.
PROMPT_SQL = """
SELECT days > 0, domain_digest, count(*), count(*) FILTER (WHERE confirmed_at <= sent_at + %(soon)s)
FROM generate_series(0, %(days)s) days CROSS JOIN LATERAL (
    SELECT pledge.domain_digest, pledge.confirmed_at, message.sent_at
    FROM pledges_message message JOIN pledges_pledge pledge ON pledge.id = message.about_id
    WHERE message.kind = 'confirm' AND message.sent_at IS NOT NULL
        AND message.priority = 0
        AND message.tried_at > statement_timestamp() - %(soon)s - %(window)s - make_interval(days => days)
        AND message.tried_at <= statement_timestamp() - %(soon)s - make_interval(days => days)
    ORDER BY message.tried_at DESC LIMIT %(most)s
) sent GROUP BY 1, 2
"""
# Most people who confirm do so within minutes.
SOON = timedelta(minutes=20)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAYS_BEFORE = 7
# From so many messages in an hour the day is not looked at: the hour says enough.
BUSY_HOUR = 1000
# Messages of one window that are read, each minute. A quiet hour may follow a day of a million.
MOST_MESSAGES = 20_000
# The rule of the alarm: fewer than half as many as usual, where at least so many would be usual. Chance alone does that to one
# window in a thousand.
LEAST_USUAL = 30
FALLEN_BELOW = 0.5


def read():
    """{(day, provider): Counter of FunnelKind} of the last FUNNEL_DAYS days; the provider "" is all other domains."""
    day = first_day()
    since = timezone.make_aware(datetime.combine(day, time()))
    providers, found = provider_digests(), defaultdict(Counter)
    with connection.cursor() as cursor:
        cursor.execute(READ_SQL, {"since": since, "day": day})
        for row_day, digest, provider, kind, n in cursor.fetchall():
            found[row_day, provider if digest is None else providers.get(bytes(digest), "")][kind] += n
    return found


def first_day():
    """The first day that the funnel shows."""
    return timezone.localdate() - timedelta(days=FUNNEL_DAYS - 1)


def fold():
    """Fold the counts of erased rows into days and providers; returns how many rows were folded."""
    providers, folded = provider_digests(), Counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM pledges_funnelchange RETURNING day, domain_digest, kind, n")
        rows = cursor.fetchall()
        for day, digest, kind, n in rows:
            folded[day, providers.get(bytes(digest), ""), kind] += n
        FunnelDay.count([(*key, n) for key, n in folded.items()])
    return len(rows)


def watch():
    """Raise or end the alarm about providers whose people confirm far less than usual."""
    hour = _windows(HOUR)
    fallen = _fallen(*hour)
    if sum(sent for sent, _soon in hour[0].values()) < BUSY_HOUR:
        fallen = _fallen(*_windows(DAY)) | fallen
    if FallenProvider.ALL in fallen:
        fallen = {FallenProvider.ALL: fallen[FallenProvider.ALL]}
    known = set(FallenProvider.objects.values_list("pk", flat=True))
    FallenProvider.objects.exclude(pk__in=fallen).delete()
    rows = [FallenProvider(pk, sent=sent, confirmed=soon, usual=usual) for pk, (sent, soon, usual) in fallen.items()]
    columns = ["sent", "confirmed", "usual"]
    # `since` stays: an insert without a value would overwrite it.
    FallenProvider.objects.bulk_create(rows, update_conflicts=True, unique_fields=["provider"], update_fields=columns)
    for row in rows:
        if row.pk not in known:
            logger.error("few confirmations: %s (%d, usually %d)", row, row.confirmed, row.usual)


def _windows(window):
    """({provider: [sent, confirmed soon]} of the last window, the same of the days before)."""
    providers = provider_digests()
    found = (defaultdict(lambda: [0, 0]), defaultdict(lambda: [0, 0]))
    with connection.cursor() as cursor:
        cursor.execute(PROMPT_SQL, {"soon": SOON, "window": window, "days": DAYS_BEFORE, "most": MOST_MESSAGES})
        for is_before, digest, sent, soon in cursor.fetchall():
            row = found[is_before][providers.get(bytes(digest), "")]
            row[0] += sent
            row[1] += soon
    return found


def _fallen(now, before):
    """{provider: (sent, confirmed soon, usual)} of those that fell; only ALL if all of them together did."""
    total = _judged(_sum(now), _sum(before))
    if total:
        return {FallenProvider.ALL: total}
    judged = {provider: _judged(row, before[provider]) for provider, row in now.items()}
    return {provider: found for provider, found in judged.items() if found}


def _judged(now, before):
    """(sent, confirmed soon, usual) if it is far below usual, else None."""
    sent, soon = now
    usual = sent * before[1] / before[0] if before[0] else 0
    return (sent, soon, round(usual)) if usual >= LEAST_USUAL and soon < usual * FALLEN_BELOW else None


def _sum(rows):
    return [sum(column) for column in zip(*rows.values(), strict=True)] or [0, 0]
