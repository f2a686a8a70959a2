"""Anyone can ask for /readyz, so asking costs little."""

import pytest

from pledges.models import Heartbeat
from tests.readiness import failing_checks

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
