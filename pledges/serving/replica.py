"""Public pages from a replica: REPLICA_URL names a standby, which serves content and totals, never what a person just did.

A thread of each web process compares it with the primary. While the replica is too far behind, or does not answer, the process
reads the primary.
"""

import threading
import time
from contextlib import contextmanager

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections

ALIAS = "replica"
# As long as a shared cache may serve a page (pledges/serving/http.py).
LIMIT_SECONDS = 10
LOOK_SECONDS = 2
# Of a server that was promoted, the first function would give the position at which it was.
POSITION_SQL = "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END"

_thread = threading.local()


class Router:
    """Reads within `reading()` go to its database, everything else to the primary."""

    def db_for_read(self, model, **hints):
        """The alias of `reading()`, or None."""
        return getattr(_thread, "alias", None)

    def db_for_write(self, model, **hints):
        """The primary, also for an instance that was read from the replica."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one, other, **hints):
        """Rows of both may refer to each other: they are the same database."""
        return True

    def allow_migrate(self, db, app_label, **hints):
        """Only the primary is migrated."""
        return db == DEFAULT_DB_ALIAS


@contextmanager
def reading(alias):
    """Within the block, this thread reads models from the database with this alias."""
    _thread.alias = alias
    try:
        yield
    finally:
        _thread.alias = None


def reading_connection():
    """The connection of `reading()`, or that of the primary."""
    return connections[getattr(_thread, "alias", None) or DEFAULT_DB_ALIAS]


class Watch(threading.Thread):
    """Looks every LOOK_SECONDS how far the replica is behind. It is not behind what the primary had written at `fresh_at`."""

    def __init__(self):
        super().__init__(daemon=True, name="replica")
        # Monotonic times.
        self.fresh_at = time.monotonic()
        self.is_reachable = True
        # (monotonic time, position) of the primary, which the replica must reach.
        self._mark = None

    def run(self):
        """Look until the process ends."""
        while True:
            self.look()
            time.sleep(LOOK_SECONDS)

    def look(self):
        """Compare once. While the primary cannot be reached, the replica is not behind: nothing is written."""
        if self._mark is None:
            now = time.monotonic()
            try:
                self._mark = now, _fetch(DEFAULT_DB_ALIAS, f"SELECT ({POSITION_SQL})::text")
            except Error:
                self._mark = now, "0/0"
        try:
            has_reached = _fetch(ALIAS, f"SELECT {POSITION_SQL} >= %s::pg_lsn", self._mark[1])
        except Error:
            self.is_reachable = False
            return
        self.is_reachable = True
        if has_reached:
            self.fresh_at, self._mark = self._mark[0], None

    def is_usable(self):
        """Whether the replica answers and is less than LIMIT_SECONDS behind, as far as this thread knows."""
        return self.is_reachable and time.monotonic() - self.fresh_at < LIMIT_SECONDS


def _fetch(alias, statement, *values):
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchone()[0]
    except Error:
        connections[alias].close()
        raise


watch = None


def start():
    """Begin to watch, once in each web process, if there is a replica."""
    global watch
    if ALIAS in settings.DATABASES:
        watch = Watch()
        watch.start()


def is_usable():
    """Whether public pages may be read from a replica now."""
    return watch is not None and watch.is_usable()


def failed_checks():
    """Yield "replica" while there is one and it cannot be used, for `/readyz`."""
    if watch is not None and not watch.is_usable():
        yield "replica"
