"""Several people at the same moment: threads with database connections of their own."""

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction

PATIENCE = 30  # seconds


def at_once(*calls):
    """Make all calls at the same moment, each on a connection of its own; their results in order."""
    start = threading.Barrier(len(calls))

    def run(call):
        try:
            connection.ensure_connection()
            start.wait(PATIENCE)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(PATIENCE) for future in [pool.submit(run, call) for call in calls]]


@contextlib.contextmanager
def held_open(call):
    """Inside the block, `call` has been made on another connection, whose transaction is still open; then it commits."""
    made, release = threading.Event(), threading.Event()

    def run():
        try:
            with transaction.atomic():
                call()
                made.set()
                release.wait(PATIENCE)
        finally:
            made.set()
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(run)
        made.wait(PATIENCE)
        try:
            yield
        finally:
            release.set()
            future.result(PATIENCE)


def begin(call):
    """Make the call on another connection and come back as soon as it waits for a lock: a future with its result."""

    def run():
        try:
            return call()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    future = pool.submit(run)
    pool.shutdown(wait=False)
    while not future.done() and not _somebody_waits_for_a_lock():
        time.sleep(0.005)
    return future


def _somebody_waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return cursor.fetchone()[0]
