"""/readyz says when messages do not get out and when the worker is gone."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from pledges.management.commands.worker import Housekeeper
from pledges.models import Heartbeat, Message
from tests.clock import let_time_pass
from tests.factories import make_pledge, run_worker
from tests.smtp import MailServer

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def server(settings):
    with MailServer() as server:
        settings.MAILERS = server.mailers()
        yield server


def wrong(client):
    response = client.get("/readyz")
    found = response.json()
    assert response.status_code == (503 if found["wrong"] else 200) and found["ready"] == (not found["wrong"])
    return found["wrong"]


def queue(count=1):
    for _ in range(count):
        Message.queue("confirm", make_pledge())


def test_a_site_that_has_sent_nothing_yet_is_well(client):
    queue()
    assert wrong(client) == []


def test_a_mail_server_that_turns_us_away_is_told_after_a_quarter_of_an_hour_until_one_gets_through(client, server):
    server.answers = {"MAIL": "550 we do not know you"}
    queue()
    run_worker()
    assert wrong(client) == [], "it may be restarting"
    let_time_pass(16 * MINUTE)
    run_worker()
    assert wrong(client) == ["mail"]
    server.answers = {}
    queue()
    run_worker()
    assert wrong(client) == []


def test_a_single_mailbox_that_takes_nothing_is_no_alarm(client, server):
    server.answers = {"RCPT": "451 mailbox is busy"}
    queue(19)
    run_worker()
    let_time_pass(16 * MINUTE)
    run_worker()
    assert wrong(client) == []


def test_twenty_refused_in_a_row_are_one(client, server):
    server.answers = {"RCPT": "554 relay access denied"}
    queue(20)
    run_worker()
    assert Message.objects.failing().count() == 20 and wrong(client) == ["mail"]
    server.answers = {}
    queue()
    run_worker()
    assert wrong(client) == []


def test_a_worker_that_was_there_and_is_gone_is_missed(client):
    assert wrong(client) == [], "none was ever started"
    Heartbeat.beat()
    Heartbeat.objects.update(beat_at=timezone.now() - 3 * MINUTE)
    assert wrong(client) == ["worker"]
    Heartbeat.beat()
    assert Heartbeat.objects.count() == 1 and wrong(client) == []


@pytest.mark.django_db(transaction=True)
def test_the_worker_gives_its_sign_of_life_as_soon_as_it_starts():
    housekeeper = Housekeeper()
    housekeeper.start()
    deadline = time.monotonic() + 20
    while not Heartbeat.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    housekeeper.stopped.set()
    housekeeper.join(20)
    assert Heartbeat.objects.count() == 1 and not Heartbeat.is_late()
