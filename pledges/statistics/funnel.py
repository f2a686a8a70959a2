"""Sign-ups and confirmations by day, by group or county and by mail provider, and noticing that a provider falls."""

import logging
from collections import Counter, defaultdict
from datetime import timedelta

from django.db import connection
from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from pledges import addresses
from pledges.crypto import keys
from pledges.statistics.models import FallenProvider, midnight
from pledges.supporters.models import Pledge

logger = logging.getLogger(__name__)

# The days that staff see, today included. All pledges that were signed on them are there: PENDING_LIFE has not passed.
DAYS_SHOWN = 14
# The columns of ROWS_SQL, on the day of the sign-up: pledges, and confirmation messages.
KINDS = ["signed", "sent", "confirmed", "bounced", "spam"]
ROWS_SQL = """
SELECT (created_at AT TIME ZONE 'Europe/Tirane')::date, domain_digest,
    count(*), sum(sent)::bigint, count(confirmed_at), sum(bounced)::bigint, sum(spam)::bigint
FROM pledges_pledge CROSS JOIN LATERAL (
    SELECT count(*) AS sent, count(*) FILTER (WHERE message.state IN ('bounced', 'delayed')) AS bounced,
        count(*) FILTER (WHERE message.state = 'spam') AS spam
    FROM pledges_message message
    WHERE message.about_id = pledges_pledge.id AND message.kind = 'confirm' AND message.sent_at IS NOT NULL
) messages WHERE created_at >= %s GROUP BY 1, 2
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


def recent():
    """[(day, signed that day, confirmed that day)] of the days that are shown, today last."""
    today = timezone.localdate()
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS_SHOWN))]
    # Each reads only an index, pledge_newest and pledge_counted, and of it these days.
    signed = Pledge.objects.filter(created_at__gte=midnight(days[0])).values_list(TruncDate("created_at"))
    confirmed = Pledge.objects.confirmed().filter(confirmed_on__gte=days[0]).values_list("confirmed_on")
    signed, confirmed = (dict(rows.order_by().annotate(n=Count("*"))) for rows in (signed, confirmed))
    return [(day, signed.get(day, 0), confirmed.get(day, 0)) for day in days]


def confirmed_by(column):
    """{id of a "sector" or "county", None for none: (confirmed today, confirmed in the last seven days)}."""
    today = timezone.localdate()
    rows = Pledge.objects.confirmed().filter(confirmed_on__gt=today - 7 * DAY).order_by().values_list(column)
    counted = rows.annotate(today=Count("confirmed_on", filter=Q(confirmed_on=today)), week=Count("*"))
    return {key: (of_today, of_week) for key, of_today, of_week in counted}


def read():
    """{(day, provider): Counter of KINDS} of the days that are shown; the provider "" is all other domains.

    What its owner erased is in no number any more.
    """
    providers, found = _provider_digests(), defaultdict(Counter)
    with connection.cursor() as cursor:
        cursor.execute(ROWS_SQL, [midnight(timezone.localdate() - DAY * (DAYS_SHOWN - 1))])
        for day, digest, *numbers in cursor.fetchall():
            found[day, providers.get(bytes(digest), "")] += Counter(dict(zip(KINDS, numbers, strict=True)))
    return found


def watch():
    """Raise or end the alarm about providers whose people confirm far less than usual."""
    hour = _windows(HOUR)
    fallen = _fallen(*hour)
    if sum(counts["sent"] for counts in hour[0].values()) < BUSY_HOUR:
        fallen = _fallen(*_windows(DAY)) | fallen
    if FallenProvider.ALL in fallen:
        fallen = {FallenProvider.ALL: fallen[FallenProvider.ALL]}
    FallenProvider.objects.exclude(pk__in=fallen).delete()
    for provider, (sent, soon, usual) in fallen.items():
        numbers = {"sent": sent, "confirmed": soon, "usual": usual}
        row, is_new = FallenProvider.objects.update_or_create(provider=provider, defaults=numbers)
        if is_new:
            logger.error("few confirmations: %s (%d, usually %d)", row, soon, usual)


def _provider_digests():
    """{digest: domain of the provider} of the domains of all mail providers, by each key."""
    domains = {domain: domain for domain in addresses.PROVIDERS} | addresses.SAME_MAILBOXES
    return {digest: provider for domain, provider in domains.items() for digest in keys.digests("domain", domain)}


def _windows(window):
    """({provider: Counter of "sent" and "soon", those confirmed soon} of the last window, the same of the days before)."""
    providers, found = _provider_digests(), (defaultdict(Counter), defaultdict(Counter))
    with connection.cursor() as cursor:
        cursor.execute(PROMPT_SQL, {"soon": SOON, "window": window, "days": DAYS_BEFORE, "most": MOST_MESSAGES})
        for is_before, digest, sent, soon in cursor.fetchall():
            found[is_before][providers.get(bytes(digest), "")].update(sent=sent, soon=soon)
    return found


def _fallen(now, before):
    """{provider: (sent, confirmed soon, usual)} of those that fell; only ALL if all of them together did."""
    if total := _judged(sum(now.values(), Counter()), sum(before.values(), Counter())):
        return {FallenProvider.ALL: total}
    judged = {provider: _judged(counts, before[provider]) for provider, counts in now.items()}
    return {provider: found for provider, found in judged.items() if found}


def _judged(now, before):
    """(sent, confirmed soon, usual) if it is far below usual, else None."""
    usual = now["sent"] * before["soon"] / before["sent"] if before["sent"] else 0
    has_fallen = usual >= LEAST_USUAL and now["soon"] < usual * FALLEN_BELOW
    return (now["sent"], now["soon"], round(usual)) if has_fallen else None
