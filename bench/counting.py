"""Counting: how old the figures get, and what counting costs, while people confirm."""

import contextlib
import os
import threading
import time
from pathlib import Path

from django.db import connection, connections

from bench import rows
from bench.rounds import number
from pledges.counting.models import Counter
from pledges.management.commands.worker import COUNTING_INTERVAL_SECONDS
from pledges.models import Pledge

CONFIRMATIONS_A_SECOND = 50
SECONDS = 25
TICKS = os.sysconf("SC_CLK_TCK")


def counting(options):
    """The age of the figures and the share of a core that counting takes, for each number of pledges."""
    figures = {}
    for size in options.rows:
        rows.fill(size)
        try:
            ages, share = measure()
        finally:
            rows.clean()
        ages.sort()
        median, oldest = ages[len(ages) // 2], ages[-1]
        print(
            f"{size:,} pledges: figures are {number(median)} s old, {number(oldest)} s at most; {share:.1%} of a core",
            flush=True,
        )
        figures |= {f"age of figures, {size:,} pledges": oldest, f"counting, share of a core, {size:,} pledges": share}
    return figures


def measure():
    """([age of the figures in seconds], share of a core) while people confirm."""
    began = time.monotonic()
    with people_confirm(SECONDS) as used, connection.cursor() as cursor:
        ages = []
        while time.monotonic() < began + SECONDS:
            time.sleep(0.05)
            cursor.execute("SELECT extract(epoch FROM statement_timestamp() - as_of)::float8 FROM pledges_count")
            ages += cursor.fetchone()
        seconds = time.monotonic() - began
    # The first count is of before.
    return ages[len(ages) // 5 :], sum(used) / seconds


@contextlib.contextmanager
def people_confirm(seconds):
    """Within the block people confirm, for so many seconds, and are counted; yields a list of the processor time of counting."""
    finished, used = threading.Event(), []
    threads = [
        threading.Thread(target=_confirm, args=[rows.pending(seconds * CONFIRMATIONS_A_SECOND), finished]),
        threading.Thread(target=_count, args=[finished, used]),
    ]
    for thread in threads:
        thread.start()
    try:
        yield used
    finally:
        finished.set()
        for thread in threads:
            thread.join()


def _confirm(ids, finished):
    began = time.monotonic()
    for confirmed, pledge_id in enumerate(ids, 1):
        Pledge(pk=pledge_id).confirm()
        if finished.wait(max(0, began + confirmed / CONFIRMATIONS_A_SECOND - time.monotonic())):
            break
    connections.close_all()


def _count(finished, used):
    """Count as the worker does; appends the processor time of this thread and of its connection in PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [backend] = cursor.fetchone()
    counter, before = Counter(), _seconds_of(backend) + time.thread_time()
    while not finished.wait(COUNTING_INTERVAL_SECONDS):
        counter.count_if_due()
    used.append(_seconds_of(backend) + time.thread_time() - before)
    connections.close_all()


def _seconds_of(process):
    user, system = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICKS
