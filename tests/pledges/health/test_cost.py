"""Anyone can ask for /readyz, so asking costs little."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pledges.health.views import Remembered
from pledges.models import Heartbeat
from tests.readiness import failing_checks


@pytest.mark.django_db
def test_an_answer_needs_few_statements(client, django_assert_max_num_queries):
    Heartbeat.beat()
    with django_assert_max_num_queries(16):
        assert failing_checks(client, with_worker=False) == []


def test_a_flood_of_requests_computes_one_answer():
    computed = []

    def compute():
        time.sleep(0.1)
        computed.append(len(computed))
        return computed[-1]

    ask = Remembered(compute, lambda: 60)
    with ThreadPoolExecutor(20) as pool:
        assert {each.result() for each in [pool.submit(ask) for _ in range(200)]} == {0}
    assert computed == [0]


def test_while_one_thread_computes_the_others_get_the_answer_before():
    results = iter(["first", "second", "third"])
    goes_on, computing = threading.Event(), threading.Event()
    goes_on.set()

    def compute():
        computing.set()
        goes_on.wait(10)
        return next(results)

    ask = Remembered(compute, lambda: 0)
    assert ask() == "first"
    goes_on.clear()
    computing.clear()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(ask)
        computing.wait(10)
        assert ask() == "first"
        goes_on.set()
        assert slow.result() == "second"
    assert ask() == "third"
