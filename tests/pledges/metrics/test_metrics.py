"""pledges.metrics: what the processes count, adding it up, the state of the database, and that no label tells of a person."""

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from prometheus_client.metrics import MetricWrapperBase

from pledges import metrics
from pledges.counting.models import count
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.management.commands.metrics import SCRAPED
from pledges.models import Message, Pledge
from tests.factories import form_data, make_pledge, make_submission
from tests.faults.proxy import Proxy
from tests.metrics import folder_of, metrics_process, unknown_labels, values_of_labels, views
from tests.pages import path_of
from tests.site import Site, url_of_test_database
from tests.threads import wait_until
from tests.worker import workers


def test_every_metric_has_only_labels_of_which_the_code_lists_the_values():
    defined = [each for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)]
    assert len(defined) >= 5
    assert {label for each in defined for label in each._labelnames} <= set(values_of_labels())
    # Each is one series for a view, a status and a process: at most so many thousand.
    assert len(views()) < 1000


@pytest.fixture
def process(transactional_db, tmp_path):
    environment = {"TRUSTED_PROXIES": "127.0.0.1"} | folder_of("gunicorn", tmp_path)
    with (
        Site(tmp_path, url_of_test_database(), workers=2, environment=environment) as site,
        metrics_process(tmp_path) as served,
    ):
        yield site, served


@pytest.mark.slow
def test_a_visit_with_personal_words_leaves_none_of_them(process, tmp_path):
    site, served = process
    pledge = make_pledge("Fatbardhë Personale", "fatbardhe.personale@shembull.al")
    token = links.token(Purpose.CONFIRM, pledge)
    people = {"name": "Rrezarta Veçanti", "email": "rrezarta.vecanti@posta.invalid"}
    network = {"X-Forwarded-For": "203.0.113.77"}
    form = form_data(**people)
    assert site.fetch("/en/pledge/", form, network)[0] == 303
    assert site.fetch("/en/pledge/", form | {"name": ""}, network)[0] == 422
    secret = "Njefjalepersonale:1abcde:abcdefghijklmnopqrstuvwxyz0"
    paths = [
        *(f"/sq/{secret}/", f"/en/confirm/{secret}/", f"/sq/kerkoni/?q={secret}", f"/{secret}"),
        *(f"/sq/zotimi/me/{secret[:18]}/", f"/admin/pledges/pledge/?q={secret}", f"/challenge/{secret[:17]}/"),
        *("/challenge/pledge/", f"/static/{secret}.css", path_of("pledges:confirm", "sq", token)),
    ]
    for path in paths:
        site.fetch(path, headers=network | {"User-Agent": secret, "Referer": secret})
    environment = folder_of("worker", tmp_path)
    with workers(1, **environment):
        wait_until(lambda: served.sum("weare1_messages_total", kind="confirm", outcome="sent"))
    text = served.text()
    personal = [token, "Rrezarta", "rrezarta", "posta.invalid", "Fatbardh", "203.0.113", "127.0.0.1", "Njefjale", "@"]
    assert [word for word in personal if word in text] == []
    assert str(Pledge.objects.latest("created_at").pk) not in text
    assert unknown_labels(served.samples()) == set()
    # What did happen is counted.
    assert served.sum("weare1_forms_total", kind="pledge", outcome="stored") == 1
    assert served.sum("weare1_request_seconds_count", view="pledges:sign", status="3xx") == 1
    assert served.sum("weare1_request_seconds_count", view="pledges:sign", status="4xx") == 1
    assert served.sum("weare1_request_seconds_count", view="pledges:confirm") == 2


@pytest.mark.slow
def test_the_state_of_the_database_is_read_when_prometheus_asks_and_the_rest_is_served_without_it(
    transactional_db, tmp_path
):
    make_submission()
    Message.queue(Message.Kind.COUNTED, make_pledge(state="confirmed"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pledges_submission SET created_at = now() - interval '10 minutes'")
        cursor.execute("UPDATE pledges_message SET due_at = now() - interval '3 minutes'")
    count()
    values = connection.settings_dict
    proxy = Proxy(f"{values['HOST']}/.s.PGSQL.{values['PORT'] or 5432}")
    host, port = proxy.address
    with metrics_process(tmp_path, f"postgres://{values['USER']}@{host}:{port}/{values['NAME']}") as served:
        found = {name.removeprefix("weare1_"): value for name, _labels, value in served.samples()}
        assert set(SCRAPED) < set(found) and found["database_answers"] == found["people"] == 1
        assert 595 < found["oldest_form_seconds"] < 700
        assert 175 < found["oldest_message_seconds"] < 300 and found["messages_waiting"] == 1
        assert 1 <= found["database_connections"] < found["database_connections_limit"]
        for fail in (proxy.cut, proxy.hold):
            fail()
            # The connection that is held would wait for ever.
            wait_until(lambda: served.sum("weare1_database_answers") == 0)
            assert served.sum("weare1_people") is None
            proxy.mend()
            wait_until(lambda: served.sum("weare1_database_answers") == 1)
    proxy.cut()


def count_of(name, **labels):
    """The value of a metric of this process."""
    return metrics.REGISTRY.get_sample_value(f"weare1_{name}", labels) or 0


@pytest.mark.django_db
def test_a_view_that_fails_is_counted(client):
    client.raise_request_exception = False
    before = count_of("exceptions_total", view="campaign:home")
    with connection.execute_wrapper(lambda *_call: 1 / 0):
        assert client.get("/sq/").status_code == 500
    assert count_of("exceptions_total", view="campaign:home") == before + 1


def test_metrics_are_off_without_an_address():
    assert (settings.METRICS_ADDRESS, settings.METRICS_FOLDER) == (None, "")
    with pytest.raises(CommandError, match="Set METRICS_ADDRESS"):
        call_command("metrics")
