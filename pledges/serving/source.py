"""The database from which a process reads Moments, and what the process holds of it: the last content and figures."""

import json
import logging
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from django.db import OperationalError, connection

from pledges import metrics
from pledges.database import UNAVAILABLE
from pledges.serving.moments import Content, Depth, Figures, Moment

logger = logging.getLogger(__name__)

# After a failed connection no request tries again for this time: an unreachable server would block all threads.
RETRY_AFTER_SECONDS = 1
# Longer than an attempt to connect takes (connect_timeout in the settings).
PROBE_SECONDS = 5
# The time, both versions, and the last count; of its figures only others than the known ones.
READ_SQL = (
    "SELECT statement_timestamp(), content_version(), version, as_of, CASE WHEN version IS DISTINCT FROM %s THEN figures END "
    "FROM pledges_count"
)


@dataclass(frozen=True)
class _Held:
    """Content and figures as last read."""

    content: Content
    figures: Figures


class Source:
    """The database as one process sees it. `load()` reads its Content."""

    def __init__(self, load):
        self.load = load
        self.lock = threading.Lock()
        self.forget()

    def forget(self):
        """Hold nothing, as a new process does."""
        # {depth: _Held}, as last read
        self.held = {}
        self.figures = None
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

    def read(self, depth=Depth.NONE, patience=0.0):
        """The present Moment, with one statement unless the content has changed. Raises the database's error.

        Figures that changed less than `patience` seconds after they were last read anew are not read again.
        """
        held = self.held.get(depth)
        if depth and held and time.monotonic() - held.figures.read_at < patience:
            moment = self.read()
            return Moment(moment.at, moment.content, held.figures, moment.is_live)
        known = self.figures
        held = self.held[depth] = self._hold(known, self._query(known))
        self.last_seen = self.now()
        is_live = time.monotonic() >= self.forms_closed_until
        return Moment(self.last_seen, held.content, held.figures, is_live)

    def last(self, depth):
        """The last Moment that was read, which is not live, or None."""
        held = self.held.get(depth)
        return held and Moment(self.last_seen, self.content, held.figures, is_live=False)

    def _hold(self, known, answer):
        metrics.CONTENT_READ.set_to_current_time()
        at, content_version, version, as_of, figures = answer
        self.clock_offset = at.timestamp() - time.time()
        content = self._content(content_version, at)
        if figures is None:
            self.figures = replace(known, as_of=as_of)
        else:
            figures = json.loads(figures)
            self.figures = Figures(
                version=version,
                as_of=as_of,
                read_at=time.monotonic(),
                people=figures["people"],
                days=[(date.fromisoformat(day), n) for day, n in figures["days"]],
                hours=[(datetime.fromtimestamp(hour, UTC), n) for hour, n in figures["hours"]],
            )
        return _Held(content, self.figures)

    def _query(self, known):
        """The row of READ_SQL, where `known` are the last Figures. A connection that was lost is replaced once."""
        if time.monotonic() < self.down_until:
            raise OperationalError("the database was unreachable a moment ago")
        if self.down_until:
            # It was unreachable at the last attempt: this thread tries, and the others do not wait with it.
            self.down_until = time.monotonic() + PROBE_SECONDS
        # A health check would cost every request a second statement: instead a failed statement is repeated.
        connection.health_check_done = True
        parameters = [known and known.version]
        was_open = connection.connection is not None
        try:
            try:
                answer = _fetch(parameters)
            except UNAVAILABLE:
                if not was_open or connection.in_atomic_block:
                    raise
                connection.close()
                answer = _fetch(parameters)
        except UNAVAILABLE as error:
            logger.error("The database cannot be reached: %s", type(error).__name__)
            connection.close()
            self.down_until = time.monotonic() + RETRY_AFTER_SECONDS
            raise
        self.down_until = 0.0
        return answer

    def _content(self, version, at):
        """The content of this version, or of a newer one. One thread loads it, the others wait."""
        if not self._is_content_of(version, at):
            with self.lock:
                if not self._is_content_of(version, at):
                    self.content = self.load()
        return self.content

    def _is_content_of(self, version, at):
        return self.content is not None and self.content.is_of(version, at)


def _fetch(parameters):
    with connection.cursor() as cursor:
        cursor.execute(READ_SQL, parameters)
        return cursor.fetchone()
