"""The WSGI application for gunicorn, and the longest time that a request waits for a database that hangs."""

import contextlib
import os
import re
import socket
import threading
import time

import psycopg2
from django.core.wsgi import get_wsgi_application
from django.db import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weare1.settings")
django_application = get_wsgi_application()

# Imports models, which are loaded now.
from weare1.cache import Cache  # noqa: E402

# Above `statement_timeout` of the web processes (pledges/database.py), so that a statement that is only slow ends with its own
# error. Below the 30 seconds of nginx even if connecting again fails too.
SECONDS = 24
INTERVAL = 1


class Deadline:
    """WSGI middleware: ends the database connections of a thread whose request takes longer than SECONDS.

    A server that hangs does not enforce `statement_timeout`, and its kernel goes on acknowledging, so TCP sees no fault either.
    Without this limit every thread would wait for ever, and `/readyz` would repeat its last answer. A wait callback of psycopg2
    would end the statement more directly, but with one libpq ignores `connect_timeout`.

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


def ignore_charset(application):
    """WSGI middleware: remove the charset from Content-Type, so that every request is decoded as UTF-8.

    Some codecs of Python do not decode text ("base64", for example). Django would raise on them before any middleware runs.
    """

    def wrapper(environ, start_response):
        content_type = environ.get("CONTENT_TYPE", "")
        environ["CONTENT_TYPE"] = re.sub(r";\s*charset\b[^;]*", "", content_type, flags=re.IGNORECASE)
        return application(environ, start_response)

    return wrapper


application = Deadline(Cache(ignore_charset(django_application)))
