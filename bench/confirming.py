"""Confirmations: 16 clients in one cell of the tally (sector and county) against all cells, and a steady number per second.

A ratio near 1 means that concurrent confirmations in one cell do not wait for each other.
"""

import contextlib
import itertools
import threading
import time

from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from bench import rows
from bench.rounds import compare
from pledges.counting import tally
from pledges.models import County, Pledge, Sector

PLEDGES = 100_000
CLIENTS = 16
PLEDGES_PER_CLIENT = 150
# A disk on which a commit takes 4 ms (microseconds).
SLOW_COMMIT = "SET commit_delay = 4000; SET commit_siblings = 0"
FOLD_INTERVAL_SECONDS = 0.2


def confirm(options):
    """Confirmations per second in one cell and spread over all, with a fast and with a slow commit."""
    rows.fill(PLEDGES)
    try:
        number = CLIENTS * PLEDGES_PER_CLIENT
        one_cell, spread = pending(number, cells=1), pending(number)
        statement = confirming_statement(one_cell[0])
        figures = {}
        for suffix, setting in (("", ""), (", slow commit", SLOW_COMMIT)):
            runs = {
                f"one cell{suffix}": lambda setting=setting: rate(one_cell, statement, setting),
                f"spread{suffix}": lambda setting=setting: rate(spread, statement, setting),
            }
            what = f"confirm, one cell / spread{suffix}"
            figures |= compare(runs, options.rounds, {what: tuple(runs)})
        assert tally.differences() == []
        return figures
    finally:
        rows.clean()


def pending(number, cells=None):
    """Insert pending pledges, spread over this many cells (all by default); returns their ids."""
    pairs = list(itertools.product(County.objects.all(), Sector.objects.open()))[:cells]
    counties, sectors = zip(*itertools.islice(itertools.cycle(pairs), number), strict=True)
    return rows.pending(counties, sectors)


def confirming_statement(pledge_id):
    """The statement of Pledge.confirm() that changes the row, with a placeholder for the id.

    Building it again for every pledge would keep the clients, which share an interpreter, busier than the database.
    """
    with CaptureQueriesContext(connection) as captured:
        Pledge(pk=pledge_id).confirm()
    [query] = [query for query in captured.captured_queries if query["sql"].startswith("UPDATE")]
    Pledge.objects.filter(pk=pledge_id).unconfirm()
    before, after = query["sql"].split(str(pledge_id))
    assert before.endswith("'") and after.startswith("'")
    return f"{before[:-1].replace('%', '%%')}%s{after[1:].replace('%', '%%')}"


def rate(ids, statement, setting):
    """Confirmations per second of all clients together, while the tally is folded concurrently."""
    ready, stop = threading.Barrier(CLIENTS + 1), threading.Event()
    clients = [
        threading.Thread(target=_confirm, args=[ids[number::CLIENTS], statement, setting, ready])
        for number in range(CLIENTS)
    ]
    folder = threading.Thread(target=_fold_until, args=[stop])
    for thread in (folder, *clients):
        thread.start()
    ready.wait()
    began = time.perf_counter()
    for client in clients:
        client.join()
    seconds = time.perf_counter() - began
    stop.set()
    folder.join()
    confirmed = Pledge.objects.filter(pk__in=ids).unconfirm()
    assert confirmed == len(ids)
    tally.fold()
    return confirmed / seconds


def _confirm(ids, statement, setting, ready):
    with connection.cursor() as cursor:
        if setting:
            cursor.execute(setting)
        # The cursor of psycopg2 itself, without Django's wrapper.
        execute = cursor.cursor.execute
        ready.wait()
        for pledge_id in ids:
            execute(statement, [str(pledge_id)])
    connections.close_all()


def _fold_until(stop):
    while not stop.wait(FOLD_INTERVAL_SECONDS):
        tally.fold()
    connections.close_all()


@contextlib.contextmanager
def steadily(per_second, seconds):
    """Confirm this many pledges per second in all cells, and fold the tally every second, within the context."""
    ids = pending(2 * per_second * seconds)
    stop = threading.Event()
    thread = threading.Thread(target=_confirm_until, args=[stop, ids, per_second])
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _confirm_until(stop, ids, per_second):
    began = time.monotonic()
    for number, pledge_id in enumerate(ids):
        if stop.wait(max(0, began + number / per_second - time.monotonic())):
            break
        Pledge(pk=pledge_id).confirm()
        if number % per_second == per_second - 1:
            tally.fold()
    connections.close_all()
