"""The inbox: the request stores a sealed form in one round trip, the worker settles it.

A kind of submission is a value of `Submission.Kind` and its function in SETTLERS.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.module_loading import import_string

from pledges import database, metrics
from pledges.crypto import keys
from pledges.crypto.models import Closed, Rotation
from pledges.inbox.models import Submission
from pledges.limits.models import SLOW_LANE_LENGTH, WINDOW, limits

# The function that settles each kind, in the folder of its concept, which imports this one. It gets a list of submissions,
# writes what becomes of them and queues the messages that follow. It waits for no row that another transaction has locked: it
# returns the submissions that it leaves to the next batch, if any.
SETTLERS = {
    Submission.Kind.PLEDGE: "pledges.signing.settling.settle_pledges",
    Submission.Kind.LINKS: "pledges.signing.settling.settle_links",
    Submission.Kind.NEW_ADDRESS: "pledges.signing.settling.settle_new_addresses",
    Submission.Kind.GROUP: "pledges.groups.settling.settle_groups",
    Submission.Kind.JOINING: "pledges.joinings.settling.settle_joinings",
    Submission.Kind.ENQUIRY: "pledges.enquiries.settling.settle_enquiries",
}
# Submissions that one transaction settles.
BATCH_ROWS = 500
# While another transaction has locked what a submission is about.
RETRY_SECONDS = 0.1
PUT_OFF = timedelta(seconds=1)
# The key of the advisory lock that lets one process settle at a time. It is an arbitrary number.
SETTLING_LOCK = 7243016512395


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

    Except with `solved`, a Solved challenge that no other form has used, or with one of the `slow_lane` places that the slow lane
    has in SLOW_LANE_LENGTH. One statement, which reads no row about any person. A network of None, which is unknown, and a limit
    of None do not limit. When the connection is lost, it is repeated once on a new one; it is idempotent. Raises Closed while
    keys are being changed.
    """
    limited = [] if limit is None else limits(network, limit)
    parameters = [
        submission.pk,
        submission.kind,
        submission.payload_cipher,
        keys.digest("network", network) if network else None,
        [digest for digest, _limit in limited],
        [limit for _digest, limit in limited],
        WINDOW,
        solved and solved.digest,
        solved and solved.expires_at,
        slow_lane and [places for _digest, places in limits(network, slow_lane)],
        SLOW_LANE_LENGTH,
    ]
    # Whether the connection still works is found out by using it: Django would ask with a statement of its own.
    connection.health_check_done = True
    try:
        receipt = _store(parameters)
    except (OperationalError, InterfaceError):
        is_lost = connection.connection is not None and connection.connection.closed
        # In a transaction the caller's other changes are lost too.
        if not is_lost or connection.in_atomic_block:
            raise
        connection.close()
        receipt = _store(parameters)
    metrics.FORMS.labels(submission.kind, "stored" if receipt else "refused").inc()
    return receipt


def _store(parameters):
    sql = "SELECT * FROM submit(%s, %s, %s, %s, %s::bytea[], %s::integer[], %s, %s, %s, %s::integer[], %s)"
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        is_stored, moment = cursor.fetchone()
    if is_stored is None:
        Rotation.require_none()
        # It has ended since.
        raise Closed(timezone.now())
    return Receipt(is_stored, moment)


def settle(*, wait=False):
    """Settle the next BATCH_ROWS submissions in the order of arrival, in one transaction; returns how many.

    One process settles at a time: 0 while another one does, unless this call is to `wait` for it.
    """
    with transaction.atomic():
        if not lock_settling(wait):
            return 0
        with connection.cursor() as cursor:
            # Foreign keys are checked at once: a violation sets aside one submission instead of failing the batch.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        batch = list(Submission.objects.due().select_for_update(skip_locked=True)[:BATCH_ROWS])
        try:
            with transaction.atomic():
                done = _settle(batch)
        except Exception as error:
            _raise_if_of_the_database(error)
            done = _settle_each(batch)
        if not done and len(batch) == BATCH_ROWS:
            # Another transaction holds what they are all about: the others must not wait for that.
            Submission.objects.waiting().filter(pk__in=[each.pk for each in batch]).update(settle_at=Now() + PUT_OFF)
        with connection.cursor() as cursor:
            # What is settled is not erased: tombstones.sql.
            cursor.execute("SET LOCAL weare1.tombstones = 'off'")
            Submission.objects.filter(pk__in=[submission.pk for submission in done]).delete()
            cursor.execute("SET LOCAL weare1.tombstones = ''; SET CONSTRAINTS ALL DEFERRED")
    return len(done)


def lock_settling(wait=True):
    """Let no other process settle until this transaction ends; returns whether it could. Without `wait` it only tries."""
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [SETTLING_LOCK])
        return cursor.fetchone()[0] is not False


def _settle(batch):
    """Settle these submissions, kind by kind; returns those that are done. All or none: what one raises is raised."""
    by_kind = {}
    for submission in batch:
        by_kind.setdefault(submission.kind, []).append(submission)
    left = set()
    for kind, submissions in by_kind.items():
        left.update(import_string(SETTLERS[kind])(submissions) or ())
    return [submission for submission in batch if submission not in left]


def _settle_each(batch):
    """Settle these submissions one by one; returns those that are done. One that fails is set aside alone."""
    done = []
    for submission in batch:
        try:
            with transaction.atomic():
                done += _settle([submission])
        except Exception as error:
            _raise_if_of_the_database(error)
            values = {"state": Submission.State.ASIDE, "aside_at": Now(), "error": type(error).__name__[:80]}
            Submission.objects.filter(pk=submission.pk).update(**values)
    return done


def _raise_if_of_the_database(error):
    """Raise an error that says nothing about a submission, such as a deadlock: the batch ends, and is tried again."""
    if database.is_unavailable(error):
        raise error


def settle_all():
    """Settle the submissions that wait now, those in the slow lane too. Returns when they are settled or set aside.

    It is called before the transaction that needs what they become, never in one: it waits for another process that settles (an
    OperationalError after `lock_timeout`), and for one that has locked what a submission is about.
    """
    # Durable: in a transaction it raises RuntimeError.
    with transaction.atomic(durable=True):
        last = Submission.objects.waiting().aggregate(last=Max("number"))["last"] or 0
        present = Submission.objects.waiting().filter(number__lte=last)
        present.filter(settle_at__isnull=False).update(settle_at=None)
    while present.exists():
        if not settle(wait=True):
            time.sleep(RETRY_SECONDS)


def lock(rows):
    """(those of these rows that this transaction could lock, those that another one has locked), without waiting."""
    locked = list(rows.select_for_update(skip_locked=True, no_key=True, of=("self",)))
    return locked, list(rows.exclude(pk__in=[row.pk for row in locked]))
