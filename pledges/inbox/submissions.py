"""Submissions: the request stores a form in one round trip, the worker settles it.

A kind of submission is a value of `Submission.Kind` and the SQL function settle_KIND of migrations/sql/submissions.sql, which
finds the function by its name. An app above may add a kind with a function of its own.
"""

import json
import time
from dataclasses import dataclass
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Max
from django.db.models.expressions import DatabaseDefault

from pledges import metrics
from pledges.crypto.models import Rotation
from pledges.inbox.models import Submission
from pledges.limits.models import WINDOW, limits

# Submissions that one transaction settles.
BATCH_ROWS = 500
# While another process settles.
RETRY_SECONDS = 0.1


@dataclass(frozen=True)
class Receipt:
    """What became of a form; true if it was stored. `moment`: when it is settled, if it is in the slow lane, or when the full
    lane has a place again; else None."""

    is_stored: bool
    moment: datetime | None

    def __bool__(self):
        return self.is_stored


def submit(submission, network=None, limit=0, *, solved=None, slow_lane=None):
    """Store a submission; returns a Receipt. Above `limit` forms from the network within ten minutes it is not stored.

    Except with `solved`, a Solved challenge that no other form has used, or with a place in the slow lane of `slow_lane` places
    per hour. One statement, which reads no row about any person. None, an unknown network, is not limited. When the connection is
    lost, the statement is repeated once on a new one; it is idempotent.
    """
    receipt = _submit_or_repeat(submission, network, limit, solved, slow_lane)
    metrics.FORMS.labels(submission.kind, "stored" if receipt else "refused").inc()
    return receipt


def _submit_or_repeat(*arguments):
    try:
        return _submit(*arguments)
    except (OperationalError, InterfaceError):
        is_lost = connection.connection is not None and connection.connection.closed
        # In a transaction the caller's other changes are lost too.
        if not is_lost or connection.in_atomic_block:
            raise
        connection.close()
        return _submit(*arguments)


def _submit(submission, network, limit, solved, slow_lane):
    Rotation.require_none()
    limited = limits(network, limit)
    parameters = [
        json.dumps(dict(_columns(submission))),
        [digest for digest, _limit in limited],
        [limit for _digest, limit in limited],
        WINDOW,
        solved and solved.digest,
        solved and solved.expires_at,
        slow_lane and [places for _digest, places in limits(network, slow_lane)],
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM submit(%s, %s::bytea[], %s::integer[], %s, %s, %s, %s::integer[])", parameters)
        return Receipt(*cursor.fetchone())


def _columns(submission):
    """Yield (column, value) of the values that are set, as PostgreSQL reads them from JSON."""
    for field in submission._meta.concrete_fields:
        value = getattr(submission, field.attname)
        if value is None or isinstance(value, DatabaseDefault):
            continue
        if isinstance(value, bytes | memoryview):
            value = rf"\x{value.hex()}"
        yield field.column, value if isinstance(value, bool | int | dict) else str(value)


def settle():
    """Settle the next BATCH_ROWS submissions in the order of arrival; returns how many. 0 also while another process settles."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT settle_submissions(%s)", [BATCH_ROWS])
        [settled] = cursor.fetchone()
    metrics.SETTLED.inc(settled)
    return settled


def settle_all():
    """Settle the submissions that wait now, those in the slow lane too. Returns when they are settled or set aside, by this
    process or another one."""
    present = Submission.objects.waiting()
    if last := present.aggregate(last=Max("number"))["last"]:
        present = present.filter(number__lte=last)
        present.filter(settle_at__isnull=False).update(settle_at=None)
    while present.exists():
        if not settle():
            time.sleep(RETRY_SECONDS)
