"""bin/bench: names and options, the table of targets, reports of wrk, and the rows of the measuring database."""

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from bench import rows, site
from pledges.models import Pledge
from tests import tally


def test_gunicorn_runs_with_the_options_of_the_service():
    command = site.gunicorn_command("weare1.wsgi", "unix:/tmp/x")
    service = Path(settings.BASE_DIR, "deploy", "gunicorn.service").read_text()
    given = service.partition("-m gunicorn weare1.wsgi ")[2].partition("\n")[0]
    assert given.startswith("--workers") and "--worker-class" not in service
    assert command == [*"-m gunicorn weare1.wsgi --bind unix:/tmp/x --log-level warning".split(), *given.split()]


@pytest.mark.django_db
def test_the_invented_rows_are_counted_and_indexed_like_real_ones():
    rows.insert(3000)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_index WHERE indrelid = 'pledges_pledge'::regclass AND NOT indisready")
        assert cursor.fetchone() == (0,)
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert Pledge.objects.count() == 3000
    assert Pledge.objects.filter(slot=2).count() == 150
    assert 0 < Pledge.objects.pending().count() < 30 < Pledge.objects.invalidated().count() < 100
    assert tally.exact_total() == Pledge.objects.confirmed().count()
    for pledge in Pledge.objects.order_by("-created_at")[:100:20]:
        assert pledge.name and pledge.address.endswith(".invalid")
        assert list(Pledge.objects.filter(address_digest=pledge.address_digest, slot=pledge.slot)) == [pledge]
