"""The longest time that a request waits for a database that hangs.

Such a server does not enforce `statement_timeout`, and its kernel goes on acknowledging, so TCP sees no fault either. Without
this limit every thread would wait for ever, and `/readyz` would repeat its last answer. A wait callback of psycopg2 would end the
statement more directly, but with one libpq ignores `connect_timeout`.
"""

import contextlib
import os
import socket
import threading
import time

import psycopg2
from django.db import connections

# Above `statement_timeout` of the web processes (pledges/database.py), so that a statement that is only slow ends with its own
# error. Below the 30 seconds of nginx even if connecting again fails too.
SECONDS = 24
INTERVAL = 1


class Deadline:
    """WSGI middleware: ends the database connections of a thread whose request takes longer than SECONDS.

    The statement that waits then raises OperationalError, as after any lost connection. The limit ends with the head of the
    response, so downloads are not limited.
    """

    def __init__(self, application, seconds=SECONDS):
        self.application, self.seconds = application, seconds
        self._lock = threading.Lock()
        # {thread id: (monotonic time at which the request is too old, its database wrappers)}
        self._requests = {}
        threading.Thread(target=self._watch, daemon=True, name="deadline").start()

    def __call__(self, environ, start_response):
        thread = threading.get_ident()
        # The wrappers belong to this thread. Each has no connection yet, or one that may be replaced.
        self._requests[thread] = time.monotonic() + self.seconds, connections.all()
        try:
            return self.application(environ, start_response)
        finally:
            with self._lock:
                del self._requests[thread]

    def _watch(self):
        while True:
            time.sleep(INTERVAL)
            with self._lock:
                now = time.monotonic()
                for too_old_at, wrappers in list(self._requests.values()):
                    for connection in [wrapper.connection for wrapper in wrappers if now > too_old_at]:
                        if connection is not None:
                            _hang_up(connection)


def _hang_up(connection):
    """Shut the socket of a psycopg2 connection down, which another thread waits for; that thread closes it."""
    # It may have been closed a moment ago.
    with contextlib.suppress(OSError, psycopg2.Error), socket.socket(fileno=os.dup(connection.fileno())) as duplicate:
        duplicate.shutdown(socket.SHUT_RDWR)
