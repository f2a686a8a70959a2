"""/readyz reports failing mail and a missing worker."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from pledges.management.commands.worker import Housekeeper
from pledges.models import Heartbeat, Message
from tests.clock import let_time_pass
from tests.factories import make_pledge, run_worker

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def failing_checks(client):
    response = client.get("/readyz")
    found = response.json()
    assert response.status_code == (503 if found["wrong"] else 200) and found["ready"] == (not found["wrong"])
    return found["wrong"]


def queue_messages(count=1):
    for _ in range(count):
        Message.queue("confirm", make_pledge())


def test_a_site_that_has_sent_nothing_yet_is_ready(client):
    queue_messages()
    assert failing_checks(client) == []


def test_mail_fails_after_15_minutes_without_success_until_a_message_is_sent(client, mail_server):
    mail_server.replies = {"MAIL": "550 we do not know you"}
    queue_messages()
    run_worker()
    assert failing_checks(client) == [], "the mail server may be restarting"
    let_time_pass(16 * MINUTE)
    run_worker()
    assert failing_checks(client) == ["mail"]
    mail_server.replies = {}
    queue_messages()
    run_worker()
    assert failing_checks(client) == []


def test_a_mailbox_that_refuses_19_messages_does_not_fail_the_check(client, mail_server):
    mail_server.replies = {"RCPT": "451 mailbox is busy"}
    queue_messages(19)
    run_worker()
    let_time_pass(16 * MINUTE)
    run_worker()
    assert failing_checks(client) == []


def test_20_refused_messages_in_a_row_fail_the_check(client, mail_server):
    mail_server.replies = {"RCPT": "554 relay access denied"}
    queue_messages(20)
    run_worker()
    assert Message.objects.failing().count() == 20 and failing_checks(client) == ["mail"]
    mail_server.replies = {}
    queue_messages()
    run_worker()
    assert failing_checks(client) == []


def test_a_missing_heartbeat_of_the_worker_fails_the_check(client):
    assert failing_checks(client) == [], "no worker was ever started"
    Heartbeat.beat()
    Heartbeat.objects.update(beat_at=timezone.now() - 3 * MINUTE)
    assert failing_checks(client) == ["worker"]
    Heartbeat.beat()
    assert Heartbeat.objects.count() == 1 and failing_checks(client) == []


@pytest.mark.django_db(transaction=True)
def test_the_worker_records_a_heartbeat_when_it_starts():
    housekeeper = Housekeeper()
    housekeeper.start()
    deadline = time.monotonic() + 20
    while not Heartbeat.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    housekeeper.stopped.set()
    housekeeper.join(20)
    assert Heartbeat.objects.count() == 1 and not Heartbeat.is_late()
