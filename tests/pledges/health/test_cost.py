"""Anyone can ask for /readyz, so asking costs little."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pledges.health import checks, views
from pledges.models import Heartbeat
from tests.readiness import failing_checks
from tests.threads import TIMEOUT

pytestmark = pytest.mark.django_db


def test_an_answer_needs_few_statements(client, django_assert_max_num_queries):
    Heartbeat.beat()
    with django_assert_max_num_queries(16):
        assert failing_checks(client, with_worker=False) == []


def test_a_flood_of_requests_computes_one_answer(client, settings, django_assert_num_queries):
    settings.READINESS_PATIENCE_SECONDS = 60
    first = client.get("/readyz").json()
    with django_assert_num_queries(0):
        assert all(client.get("/readyz").json() == first for _ in range(20))


def test_while_one_thread_computes_the_others_get_the_answer_before(monkeypatch):
    results = iter(["first", "second", "third"])
    goes_on, computing = threading.Event(), threading.Event()
    goes_on.set()

    def compute():
        computing.set()
        goes_on.wait(TIMEOUT)
        return next(results)

    monkeypatch.setattr(checks, "failed", compute)
    assert views._failed() == "first"
    goes_on.clear()
    computing.clear()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(views._failed)
        computing.wait(TIMEOUT)
        assert views._failed() == "first"
        goes_on.set()
        assert slow.result() == "second"
    assert views._failed() == "third"


def test_a_clock_that_is_set_back_repeats_no_old_answer(monkeypatch, settings):
    settings.READINESS_PATIENCE_SECONDS = 0.01
    monkeypatch.setattr(checks, "failed", iter(["first", "second"]).__next__)
    assert views._failed() == "first"
    monkeypatch.setattr(views.time, "time", lambda: 0)
    views.time.sleep(0.02)
    assert views._failed() == "second"
