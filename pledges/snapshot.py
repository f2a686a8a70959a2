"""The published content as one immutable object per process, and the moment that a request shows.

Statement triggers change the version of the content (migrations/sql/content.sql). A request reads that version, and where it
shows figures the tally, with one statement: its `Moment`. The content is loaded again only when its version has changed, or when
something is published by the clock. Each app registers its share of the content as a subclass of `Part`.
"""

import json
import logging
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import IntEnum
from types import SimpleNamespace

from django.db import OperationalError, connection, transaction

from pledges import metrics
from pledges.database import UNAVAILABLE

logger = logging.getLogger(__name__)

# After a failed connection no request tries again for this time: an unreachable server would block all threads.
RETRY_AFTER_SECONDS = 1
# After a refused write forms are closed for this time; then the next one tries again.
FORMS_CLOSED_SECONDS = 5
PROBE_SECONDS = 5  # longer than connect_timeout in the settings
LOAD_ATTEMPTS = 10  # reads while the content changes during each of them
# Everything is read again after this time, so that the clock of the database is known also where nothing changes.
WHOLE_SECONDS = 60


class Depth(IntEnum):
    """Which figures a page shows: none, the totals, or also the growth by day and the last 24 hours."""

    NONE = 0
    TOTALS = 1
    GROWTH = 2


@dataclass(frozen=True)
class Figures:
    """The tally at one version. `read_at` is a monotonic time in seconds."""

    version: int
    read_at: float
    cells: dict  # {(sector id, county code or ""): people}
    ways: dict  # {way: people}
    latest_days: dict  # {day: people} since yesterday
    days: list | None  # [(day, people)], sorted, without empty days. None without growth, as `hours`.
    hours: list | None  # [(start of the hour, people)] of the last 25 hours


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

    def changes(self):
        """The times at which something of it is published by the clock, past and future ones."""
        return []


@dataclass(frozen=True)
class Content:
    """All published content at one version. `key` identifies it in every process; it is outdated from `until` on."""

    version: int
    key: str
    until: datetime | None
    parts: dict

    def is_over(self, at):
        """Whether something was published by the clock since."""
        return self.until is not None and at >= self.until

    def is_of(self, version, at):
        """Whether it is the content of this version at this time."""
        return self.version == version and not self.is_over(at)


@dataclass(frozen=True)
class Moment:
    """What one request shows. `is_live` is False while the database is unreachable or refuses writes."""

    at: datetime
    content: Content
    figures: Figures | None
    is_live: bool = True


@dataclass(frozen=True)
class _Held:
    """Content and figures at a live version (see read_moment() in migrations/sql/tally.sql)."""

    live: int
    # The monotonic time at which everything was read.
    whole_at: float
    content: Content
    figures: Figures | None


class _Process:
    """What this process holds."""

    def __init__(self):
        self.lock = threading.Lock()
        self.held = {}  # {depth: _Held}, as last read
        self.content = None
        # Seconds by which the clock of the database is ahead.
        self.clock_offset = 0.0
        self.last_seen = None
        # Monotonic times.
        self.down_until = 0.0
        self.forms_closed_until = 0.0

    def now(self):
        """The present time of the database."""
        return datetime.fromtimestamp(time.time() + self.clock_offset, UTC)


_process = _Process()
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


def show(moment):
    """Let `current()` return this Moment until the end of the request; returns it."""
    holder = getattr(_thread, "holder", None)
    if holder is not None:
        holder.moment = moment
    return moment


def read(depth=Depth.NONE, patience=0.0):
    """The present Moment, with one statement unless the content has changed.

    Figures that changed less than `patience` seconds after they were last read anew are not read again. Without a database it
    is the last moment that this process has read; raises the database's error if there is none.
    """
    held = _process.held.get(depth)
    if depth and held and time.monotonic() - held.figures.read_at < patience:
        moment = read()
        return Moment(moment.at, moment.content, held.figures, moment.is_live)
    try:
        is_due = (
            held is None or held.content.is_over(_process.now()) or time.monotonic() > held.whole_at + WHOLE_SECONDS
        )
        answer = _query(depth, None if is_due else held.live)
        if answer is not None:
            held = _process.held[depth] = _hold(depth, held, json.loads(answer))
    except UNAVAILABLE:
        # In a transaction, which is lost with the connection, the caller must not believe that its changes were saved.
        if held is None or connection.in_atomic_block:
            raise
        metrics.STALE_MOMENTS.inc()
        return Moment(_process.last_seen, _process.content, held.figures, is_live=False)
    _process.last_seen = _process.now()
    is_live = time.monotonic() >= _process.forms_closed_until
    return Moment(_process.last_seen, held.content, held.figures, is_live)


def _hold(depth, held, answer):
    metrics.CONTENT_READ.set_to_current_time()
    at = datetime.fromtimestamp(answer["at"], UTC)
    _process.clock_offset = answer["at"] - time.time()
    content = _content(answer["content"], at)
    if held is not None and held.figures is not None and held.figures.version == answer["tally"]:
        return _Held(answer["live"], time.monotonic(), content, held.figures)
    figures = depth and Figures(
        version=answer["tally"],
        read_at=time.monotonic(),
        cells={(sector, county): n for sector, county, n in answer["cells"]},
        ways=answer["ways"],
        latest_days={date.fromisoformat(day): n for day, n in answer["latest_days"]},
        days=answer["days"] and [(date.fromisoformat(day), n) for day, n in answer["days"]],
        hours=answer["hours"] and [(datetime.fromtimestamp(hour, UTC), n) for hour, n in answer["hours"]],
    )
    return _Held(answer["live"], time.monotonic(), content, figures or None)


def _query(depth, known):
    """The answer of read_moment(), None if `known` is the live version. A connection that was lost is replaced once."""
    if time.monotonic() < _process.down_until:
        raise OperationalError("the database was unreachable a moment ago")
    if _process.down_until:
        # It was unreachable at the last attempt: this thread tries, and the others do not wait with it.
        _process.down_until = time.monotonic() + PROBE_SECONDS
    # A health check would cost every request a second statement: instead a failed statement is repeated.
    connection.health_check_done = True
    parameters = [depth >= Depth.TOTALS, depth >= Depth.GROWTH, known]
    was_open = connection.connection is not None
    try:
        try:
            [answer] = _fetch("SELECT read_moment(%s, %s, %s)", parameters)
        except UNAVAILABLE:
            if not was_open or connection.in_atomic_block:
                raise
            connection.close()
            [answer] = _fetch("SELECT read_moment(%s, %s, %s)", parameters)
    except UNAVAILABLE as error:
        logger.error("The database cannot be reached: %s", type(error).__name__)
        connection.close()
        _process.down_until = time.monotonic() + RETRY_AFTER_SECONDS
        raise
    _process.down_until = 0.0
    return answer


def _fetch(statement, parameters=()):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()


def _content(version, at):
    """The content of this version, or of a newer one. One thread loads it, the others wait."""
    content = _process.content
    if content is not None and content.is_of(version, at):
        return content
    with _process.lock:
        if _process.content is None or not _process.content.is_of(version, at):
            _process.content = _load()
        return _process.content


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
