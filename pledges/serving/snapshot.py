"""The published content as one immutable object per process, and the moment that a request shows.

Statement triggers change the version of the content (migrations/sql/content.sql). A request reads that version, and where it
shows figures the tally, with one statement: its `Moment`. The content is loaded again only when its version has changed, or when
something is published by the clock. Each app registers its share of the content as a subclass of `Part`.
"""

import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

from django.db import OperationalError, connection, transaction

from pledges import metrics
from pledges.database import UNAVAILABLE
from pledges.serving.moments import Content, Depth, Moment
from pledges.serving.source import Source

# After a refused write forms are closed for this time; then the next one tries again.
FORMS_CLOSED_SECONDS = 5
# Maximum number of reads when the content changes during each of them.
LOAD_ATTEMPTS = 10


class Outdated(Exception):
    """The content changed after the moment was read, and a part of the old version had to be loaded."""


class Part:
    """The share of one app in the content. `__init__` loads it at this version; `at` is the time of the database."""

    kinds = []

    def __init_subclass__(cls):
        Part.kinds.append(cls)

    def __init__(self, version, at):
        self.version = version

    @classmethod
    def current(cls):
        """The instance of the moment that the current request shows, or of now outside a request."""
        return current().content.parts[cls]

    def followable(self):
        """{key: title} of the demands in it, which supporters can follow by email."""
        return {}

    def changes(self):
        """The times at which something of it is published by the clock, past and future ones."""
        return []


_thread = threading.local()


def current():
    """The Moment of the current request; outside a request, the present one."""
    holder = getattr(_thread, "holder", None)
    if holder is None:
        return read()
    if holder.moment is None:
        holder.moment = read()
    return holder.moment


def require_database():
    """Raise an error of the database while it is unreachable or refuses writes, for pages that nothing could accept."""
    if not current().is_live:
        raise OperationalError("a form needs the database")


def close_forms():
    """Note that the database refuses writes: for FORMS_CLOSED_SECONDS no moment of this process is live."""
    _process.forms_closed_until = time.monotonic() + FORMS_CLOSED_SECONDS


@contextmanager
def one_moment():
    """Within the block, `current()` returns one Moment, which is read when it is first needed."""
    _thread.holder = SimpleNamespace(moment=None)
    try:
        yield
    finally:
        _thread.holder = None


@contextmanager
def unpublished(moment):
    """Within the block everything shows the content as it is in this transaction, with the figures of `moment`.

    The process keeps nothing of it: the transaction is rolled back.
    """
    previous = getattr(_thread, "holder", None)
    moment = Moment(moment.at, _load(), moment.figures, moment.is_live)
    _thread.holder = SimpleNamespace(moment=moment, is_unpublished=True)
    try:
        yield
    finally:
        _thread.holder = previous


def is_unpublished():
    """Whether this is within `unpublished()`."""
    return getattr(getattr(_thread, "holder", None), "is_unpublished", False)


def show(moment):
    """Let `current()` return this Moment until the end of the request; returns it."""
    holder = getattr(_thread, "holder", None)
    if holder is not None:
        holder.moment = moment
    return moment


def read(depth=Depth.NONE, patience=0.0):
    """The present Moment (see Source.read).

    Without the database it is the last moment that this process has read; raises the database's error if there is none.
    """
    if is_unpublished():
        return _thread.holder.moment
    try:
        return _process.read(depth, patience)
    except UNAVAILABLE:
        moment = _process.last(depth)
        # In a transaction, which is lost with the connection, the caller must not believe that its changes were saved.
        if moment is None or connection.in_atomic_block:
            raise
        metrics.STALE_MOMENTS.inc()
        return moment


def _load():
    """Read all parts in one snapshot of the database.

    Inside a transaction, whose isolation level is given, the version is compared before and after, and the content is read
    again if it has changed.
    """
    for _attempt in range(LOAD_ATTEMPTS):
        is_nested = connection.in_atomic_block
        with transaction.atomic():
            if not is_nested:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            version, at = _fetch("SELECT content_version(), statement_timestamp()")
            parts = {kind: kind(version, at) for kind in Part.kinds}
            if not is_nested or _fetch("SELECT content_version()") == (version,):
                break
    else:
        raise OperationalError("the content changed during every attempt to read it")
    times = [change for part in parts.values() for change in part.changes()]
    last = max((change for change in times if change <= at), default=None)
    return Content(
        version=version,
        # The last publication by the clock is part of the key: at the same version the content differs before and after it.
        key=f"{version:x}.{last.timestamp():.6f}" if last else f"{version:x}",
        until=min((change for change in times if change > at), default=None),
        parts=parts,
    )


def _fetch(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


_process = Source(_load)
