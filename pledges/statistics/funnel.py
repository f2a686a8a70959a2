"""The funnel of confirmations: what happened to the sign-ups of a day, by mail provider, and noticing that a provider falls."""

import logging
from collections import Counter, defaultdict
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from pledges.statistics.models import FallenProvider, Statistic, first_day, midnight
from pledges.statistics.origins import provider_digests

logger = logging.getLogger(__name__)

# The columns of ROWS_SQL, on the day of the sign-up: pledges, and confirmation messages. What staff removed has not expired.
Kind = Statistic.Kind
KINDS = [Kind.SIGNED, Kind.CONFIRMED, Kind.EXPIRED, Kind.SENT, Kind.BOUNCED, Kind.SPAM]
ROWS_SQL = """
SELECT (created_at AT TIME ZONE 'Europe/Tirane')::date, domain_digest, count(*), count(confirmed_at),
    count(*) FILTER (WHERE confirmed_at IS NULL AND expires_at <= statement_timestamp() AND state <> 'invalidated'),
    sum(sent)::bigint, sum(bounced)::bigint, sum(spam)::bigint
FROM pledges_pledge CROSS JOIN LATERAL (
    SELECT count(*) AS sent, count(*) FILTER (WHERE message.state IN ('bounced', 'delayed')) AS bounced,
        count(*) FILTER (WHERE message.state = 'spam') AS spam
    FROM pledges_message message
    WHERE message.about_id = pledges_pledge.id AND message.kind = 'confirm' AND message.sent_at IS NOT NULL
) messages WHERE {condition} GROUP BY 1, 2
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
    """{(day, provider): Counter of Statistic.Kind} of the days that are shown; the provider "" is all other domains.

    What its owner erased is in no number any more.
    """
    since = midnight(first_day())
    found = _count("created_at >= %s", since)
    for at, kind, label, n in Statistic.objects.filter(at__gte=since).values_list("at", "kind", "label", "n"):
        found[timezone.localdate(at), label][kind] += n
    return found


def keep(ids):
    """Keep the numbers of these pledges, which are erased next because nobody confirmed them."""
    found = _count("id = ANY(%s::uuid[])", ids)
    numbers = {(midnight(day), kind, name): n for (day, name), row in found.items() for kind, n in row.items()}
    Statistic.objects.add(numbers)


def _count(condition, value):
    """{(day, provider): Counter} of the pledges of a condition of ROWS_SQL."""
    providers, found = provider_digests(), defaultdict(Counter)
    with connection.cursor() as cursor:
        cursor.execute(ROWS_SQL.format(condition=condition), [value])
        for day, digest, *numbers in cursor.fetchall():
            found[day, providers.get(bytes(digest), "")] += Counter(dict(zip(KINDS, numbers, strict=True)))
    return found


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
