"""What every page shows: the published content and the figures, as one immutable object of the process, the Snapshot.

The version of the content is a fingerprint of its rows, and the worker counts the people into one row. A process reads both with
one statement, at most once in STATE_SECONDS: one request does it, the others go on with the last Snapshot. The content is loaded
again only when its version has changed, or when something is published by the clock. While the database does not answer, the last
Snapshot stays. Each app registers its share of the content as a subclass of `Part`.
"""

import json
import logging
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from types import SimpleNamespace

from django.apps import apps
from django.conf import settings
from django.db import Error, OperationalError, connection, transaction

from pledges.crypto.models import Closed
from pledges.database import UNAVAILABLE
from staff.drafts import models as drafts

logger = logging.getLogger(__name__)

# No form is shown with an older Snapshot: with the time in a shared cache, which counts whole seconds, five seconds. A request
# that finds an older one waits for the thread that reads, but not for ever.
MAX_AGE_SECONDS = WAIT_SECONDS = 2
# After a refused write forms are closed for this time; then the next one tries again.
FORMS_CLOSED_SECONDS = 5

# With the last count; of its figures only others than the known ones.
STATE_SQL = """
SELECT ({version}), statement_timestamp(), version, as_of, CASE WHEN version IS DISTINCT FROM %s THEN figures END,
    current_setting('transaction_read_only')::boolean, (SELECT opens_at FROM pledges_rotation)
FROM pledges_count
"""


@dataclass(frozen=True)
class Content:
    """The published content at one version, from `since` until `until`, when something is published by the clock.

    `key` identifies it in every process. `parts` is {subclass of Part: its instance}.
    """

    version: int
    key: str
    since: datetime | None
    until: datetime | None
    parts: dict

    def is_of(self, version, at):
        return self.version == version and (not self.since or self.since <= at) and (not self.until or at < self.until)


@dataclass(frozen=True)
class Figures:
    """The worker's last count, with the figures as JSON has them (pledges.counting.models.Count)."""

    version: int
    as_of: datetime
    people: list
    days: list
    hours: list


@dataclass(frozen=True)
class Snapshot:
    """What the database held `at` its time, read at the monotonic time `read_at`."""

    at: datetime
    read_at: float
    content: Content
    figures: Figures
    is_read_only: bool
    # About when the site takes forms again, while keys are being changed; else None.
    opens_at: datetime | None

    @property
    def takes_forms(self):
        """Whether a form can be shown with it."""
        return self.is_live and not self.opens_at

    @property
    def is_live(self):
        """Whether the database answers, and takes what is sent."""
        now = time.monotonic()
        is_young = now - self.read_at < MAX_AGE_SECONDS
        return is_young and not self.is_read_only and not _process.is_down and now >= _process.forms_closed_until


class Part:
    """The share of one app in the content. `__init__` loads it; `at` is the time of the database."""

    kinds = []
    # "app.Model" of each table whose published rows it reads.
    models = ()

    def __init_subclass__(cls):
        Part.kinds.append(cls)

    @classmethod
    def rows(cls):
        """SQL statements that return a text for each row in it: other texts are another version of the content.

        A row that is changed by any means is written anew, at another place (ctid) or by another transaction (xmin), so no state
        has the version of another one. Only after a restore to an earlier moment may the numbers of lost transactions be given
        out again: that a cache still holds a page of such a version is accepted.
        """
        for label in cls.models:
            table, is_drafted = (
                apps.get_model(label)._meta.db_table,
                issubclass(apps.get_model(label), drafts.Draftable),
            )
            yield f"SELECT '{table} ' || xmin || ' ' || ctid FROM {table}" + " WHERE draft_id IS NULL" * is_drafted

    def __init__(self, at):
        self.at = at

    @classmethod
    def current(cls):
        """The instance that the current request shows, or that of now outside a request."""
        return current().content.parts[cls]

    def followable(self):
        """{key: title} of the demands in it, which supporters can follow by email."""
        return {}

    def changes(self):
        """The times at which something of it is published by the clock, past and future ones."""
        return []


class Process:
    def __init__(self):
        self.lock = threading.Lock()
        self.forget()

    def forget(self):
        """Hold nothing, as a new process does."""
        self.snapshot = None
        # As last loaded, perhaps within a transaction. What was rolled back never has its version again (`Part.rows`).
        self.content = None
        # Whether the last attempt to read has failed, or takes long. Monotonic times.
        self.is_down, self.tried_at, self.forms_closed_until = False, float("-inf"), 0.0


_process = Process()
_thread = threading.local()


def shared():
    """The Snapshot of the process, which one thread at a time replaces. Raises an error of the database if there is none.

    Within a transaction it is what that sees: the process must hold only what is committed.
    """
    if time.monotonic() - _process.tried_at >= settings.STATE_SECONDS:
        if connection.in_atomic_block:
            return fresh()
        _replace()
    if _process.snapshot is None:
        raise OperationalError("the database was unreachable a moment ago")
    return _process.snapshot


def _replace():
    """Read the Snapshot of the process again, unless another thread does so."""
    asked_at, held = time.monotonic(), _process.snapshot
    can_go_on = held is not None and (_process.is_down or asked_at - held.read_at < MAX_AGE_SECONDS)
    if not _process.lock.acquire(timeout=0 if can_go_on else WAIT_SECONDS):
        _process.is_down |= not can_go_on
        return
    try:
        if _process.tried_at < asked_at:
            now = fresh()
            if held is None or now.content is not held.content:
                # Loading takes a while. The state is that of its end.
                now = fresh()
            _process.snapshot, _process.is_down = now, False
            if now.is_read_only:
                # The default of the database counts from the beginning of a connection.
                connection.close()
    except Exception as error:
        # Also a row that cannot be loaded: the last Snapshot stays.
        what = "database cannot be reached" if isinstance(error, Error) else "content cannot be loaded"
        logger.error("The %s: %s", what, type(error).__name__, exc_info=not isinstance(error, Error))
        connection.close()
        _process.is_down = True
    finally:
        _process.tried_at = time.monotonic()
        _process.lock.release()


def fresh():
    """The Snapshot of now, with one statement unless the content has changed."""
    if is_unpublished():
        return _thread.shown.snapshot
    held = _process.snapshot
    version, at, count_version, as_of, figures, is_read_only, opens_at = _state(held and held.figures.version)
    return Snapshot(
        at,
        time.monotonic(),
        _content(held, version, at),
        Figures(count_version, as_of, **json.loads(figures)) if figures else replace(held.figures, as_of=as_of),
        is_read_only,
        opens_at,
    )


@cache
def version_sql():
    """The SELECT that returns the version of the content: a fingerprint of its rows."""
    rows = " UNION ALL ".join(rows for part in Part.kinds for rows in part.rows())
    return f"SELECT coalesce(bit_xor(hashtextextended(text, 0)), 0) FROM ({rows}) AS rows (text)"


def _state(known):
    """The row of STATE_SQL. A connection that was lost since its last use is replaced."""
    was_open = connection.connection is not None
    statement = STATE_SQL.format(version=version_sql())
    try:
        return _fetch(statement, [known])
    except UNAVAILABLE:
        if not was_open or connection.in_atomic_block:
            raise
        connection.close()
        return _fetch(statement, [known])


def _fetch(statement, parameters=None):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()


def _content(held, version, at):
    for content in (held and held.content, _process.content):
        if content and content.is_of(version, at):
            return content
    content = _load()
    # Within a transaction its rows may be newer than its version: then the process must not hold it.
    if not connection.in_atomic_block or content.version == _fetch(f"SELECT ({version_sql()})")[0]:
        _process.content = content
    return content


def _load():
    """Read all parts at one version. Within a transaction of staff, whose isolation level is given, they may be newer."""
    is_nested = connection.in_atomic_block
    with transaction.atomic():
        if not is_nested:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        version, at = _fetch(f"SELECT ({version_sql()}), statement_timestamp()")
        parts = {kind: kind(at) for kind in Part.kinds}
    times = [change for part in parts.values() for change in part.changes()]
    since = max((change for change in times if change <= at), default=None)
    until = min((change for change in times if change > at), default=None)
    # At the same version the content differs before and after a publication by the clock.
    key = f"{version:x}.{since.timestamp():.6f}" if since else f"{version:x}"
    return Content(version, key, since, until, parts)


@contextmanager
def showing(read=shared, snapshot=None, is_unpublished=False):
    """Within the block, `current()` returns one Snapshot, which `read()` returns when it is first needed."""
    previous = getattr(_thread, "shown", None)
    _thread.shown = SimpleNamespace(read=read, snapshot=snapshot, is_unpublished=is_unpublished, has_figures=False)
    try:
        yield
    finally:
        _thread.shown = previous


def current():
    """The Snapshot of the current request; outside a request that of now."""
    shown = getattr(_thread, "shown", None)
    if shown is None:
        return fresh()
    if shown.snapshot is None:
        shown.snapshot = shown.read()
    return shown.snapshot


def with_figures():
    """The current Snapshot, for its figures: the page of the current request depends on them."""
    if shown := getattr(_thread, "shown", None):
        shown.has_figures = True
    return current()


def shows_figures():
    """Whether the current request has asked for figures."""
    return _thread.shown.has_figures


def unpublished():
    """A block in which everything shows the content as it is read now, with the draft that staff look at."""
    with drafts.showing(None):
        # The process keeps this content, which must not hold the draft.
        now = fresh()
    return showing(snapshot=replace(now, content=_load()), is_unpublished=True)


def is_unpublished():
    """Whether this is within `unpublished()`."""
    shown = getattr(_thread, "shown", None)
    return shown is not None and shown.is_unpublished


def require_database():
    """Raise an error of the database while it is unreachable or refuses writes, for pages that nothing could accept."""
    if not current().is_live:
        raise OperationalError("a form needs the database")


def require_open():
    """Raise Closed while keys are being changed, for what strangers write."""
    if opens_at := current().opens_at:
        raise Closed(opens_at)


def close_forms():
    """Note that the database refuses writes: this process shows no form for FORMS_CLOSED_SECONDS."""
    _process.forms_closed_until = time.monotonic() + FORMS_CLOSED_SECONDS
