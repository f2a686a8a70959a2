"""Concurrent calls: threads that each have a database connection."""

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException

from django.db import connection, transaction

# Seconds. A busy machine is slow; what never comes fails all the same.
TIMEOUT = 90


def at_once(*calls):
    """Make all calls at the same time, each in a thread with its own connection. Returns their results in order."""
    start = threading.Barrier(len(calls))

    def run(call):
        try:
            connection.ensure_connection()
            start.wait(TIMEOUT)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(TIMEOUT) for future in [pool.submit(run, call) for call in calls]]


@contextlib.contextmanager
def held_open(call):
    """Run the block while the transaction of `call` is open on another connection; commit it after the block."""
    called, release = threading.Event(), threading.Event()

    def run():
        try:
            with transaction.atomic():
                call()
                called.set()
                release.wait(TIMEOUT)
        finally:
            called.set()
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(run)
        called.wait(TIMEOUT)
        try:
            yield
        finally:
            release.set()
            future.result(TIMEOUT)


def lock_table(table, mode="ACCESS EXCLUSIVE"):
    """Lock a table until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN {mode} MODE")


def wait_until(condition, patience=TIMEOUT, tell=None):
    """Wait until the function returns something true; returns it. What is not reached yet (OSError) is not true yet.

    After so many seconds it fails, with what the function `tell` returns.
    """
    deadline, pause = time.monotonic() + patience, 0.01
    while True:
        with contextlib.suppress(OSError, HTTPException):
            if found := condition():
                return found
        assert time.monotonic() < deadline, tell and tell()
        time.sleep(pause)
        pause = min(2 * pause, 0.2)


def wait_for_other_connections():
    """Wait until no other connection to the test database is open: no request and no killed process writes any more."""
    with connection.cursor() as cursor:

        def are_closed():
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()"
            )
            return cursor.fetchone() == (0,)

        wait_until(are_closed)


def begin(call):
    """Make the call on another connection and return when it waits for a lock. Returns a future with its result."""

    def run():
        try:
            return call()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    future = pool.submit(run)
    pool.shutdown(wait=False)
    while not future.done() and not is_any_backend_blocked():
        time.sleep(0.005)
    return future


def is_any_backend_blocked():
    """Whether a connection to the test database waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return cursor.fetchone()[0]
