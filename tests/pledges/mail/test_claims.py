"""Claims: leases, the order of messages, and the worker that sends them."""

import time
from collections import Counter
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.db.models.functions import Now

from pledges.mail import sending
from pledges.mail.kinds import SPECS
from pledges.mail.sending import LEASE, LONGEST_PAUSE, Sender
from pledges.models import Message, Pledge, VoiceOwner
from tests.clock import let_time_pass
from tests.data_requests import make_request
from tests.drill import rounds
from tests.enquiries import make_enquiry
from tests.factories import make_pledge, send_messages
from tests.organisations import make_joining
from tests.pledges.groups.made import make_group
from tests.pledges.mail.messages import queue_messages
from tests.threads import TIMEOUT, at_once, wait_until
from tests.voices import make_voice
from tests.worker import kill, workers

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def claim(limit=20):
    """The ids of claimed messages."""
    return [message.pk for message in Message.objects.claim(limit, LEASE)]


def test_a_claimed_message_is_free_again_when_its_lease_ends_which_may_be_renewed_or_released():
    message, other = queue_messages(2)
    assert claim() == [message.pk, other.pk]
    let_time_pass(LEASE - SECOND)
    assert claim() == []
    Message.objects.renew([message.pk], LEASE)
    Message.objects.release([other.pk])
    let_time_pass(SECOND)
    assert claim() == [other.pk]
    let_time_pass(LEASE - SECOND)
    assert claim() == [message.pk]
    let_time_pass(SECOND)
    assert claim() == [other.pk]


def test_a_message_of_a_kind_of_a_newer_release_waits_for_it_and_stops_no_other():
    newer, message = queue_messages(2)
    Message.objects.filter(pk=newer.pk).update(kind="newer")
    assert claim() == [message.pk]
    assert Message.objects.queued().filter(kind="newer", leased_until=None).exists()


def test_a_retry_waits_for_its_time_and_not_for_the_lease(mail_server):
    queue_messages(1)
    mail_server.replies = {"RCPT": "451 4.2.1 later"}
    send_messages()
    assert Message.objects.get().leased_until is None and claim() == []
    let_time_pass(timedelta(minutes=1))
    assert len(claim()) == 1


def test_confirmations_are_sent_first_then_what_people_wait_for_and_reminders_last(mail_server):
    reminders = queue_messages(25, "reminder")
    let_time_pass(timedelta(hours=1))
    links = Message.queue("links", make_pledge(state="confirmed"))
    first, second = queue_messages(2)
    assert claim(1) == [first.pk]
    Message.objects.release([first.pk])
    send_messages()
    assert mail_server.recipients == [message.address for message in (first, second, links, *reminders)]


@pytest.fixture
def sender(transactional_db, settings):
    """The thread of a worker that sends messages, on four connections. It is started by the test."""
    settings.MAIL_CONNECTIONS = 4
    sender = Sender()
    yield sender
    sender.stopped.set()
    sender.join(TIMEOUT)
    assert not sender.is_alive()


@pytest.fixture
def claims(sender, monkeypatch):
    """A list with an entry for each time that the sender has claimed messages, or found that it may not."""
    monkeypatch.setattr(sending, "POLL_INTERVAL", 0.05)
    claim, claims = sender._claim, []
    monkeypatch.setattr(sender, "_claim", lambda: claims.append(claim()))
    return claims


def all_sent():
    return not Message.objects.exclude(state="sent").exists()


@pytest.mark.slow
def test_the_sender_uses_all_its_connections_for_many_messages_each(sender, mail_server):
    mail_server.delay = 0.05
    queue_messages(60)
    sender.start()
    wait_until(all_sent)
    assert mail_server.connections == 4 and len(mail_server.accepted) == 60


def test_an_idle_sender_finds_a_new_message(sender, mail_server, claims):
    sender.start()
    # It has claimed nothing, and waited.
    wait_until(lambda: claims)
    queue_messages(1)
    wait_until(all_sent)
    assert len(mail_server.accepted) == 1


@pytest.mark.slow
def test_a_slow_server_gets_each_message_once_though_it_takes_longer_than_a_lease(sender, mail_server, monkeypatch):
    monkeypatch.setattr(sending, "LEASE", 3 * SECOND)
    monkeypatch.setattr(sending, "RENEWAL_INTERVAL", 0.3)
    # Below the timeout of its connections (tests/smtp.py).
    mail_server.delay = 4
    queue_messages(4)
    other = Sender()
    sender.start()
    wait_until(lambda: mail_server.connections == 4)
    other.start()
    wait_until(all_sent)
    other.stopped.set()
    other.join(TIMEOUT)
    assert len(mail_server.accepted) == len(set(mail_server.recipients)) == 4


def test_an_idle_sender_closes_its_connections(sender, mail_server, monkeypatch):
    monkeypatch.setattr(sending, "IDLE_TIME", 0.3)
    queue_messages(10)
    sender.start()
    wait_until(all_sent)
    assert mail_server.connections
    wait_until(lambda: not mail_server.open_connections)


@pytest.mark.slow
@pytest.mark.parametrize(("reply", "at_once"), [({"MAIL": "421 4.3.2 down"}, 4), ({"RCPT": "550 5.7.1 blocked"}, 24)])
def test_after_an_outage_the_sender_has_marked_few_messages_and_sends_the_others(
    sender, mail_server, claims, monkeypatch, reply, at_once
):
    """The server fails, or refuses all of them."""
    clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now, sleep=time.sleep)
    monkeypatch.setattr(sending, "time", clock)
    mail_server.replies = reply
    queue_messages(60)
    sender.start()
    for pauses in range(3):
        clock.now += LONGEST_PAUSE
        wait_until(lambda: sender._failures > pauses and not sender._held)  # noqa: B023
        # One for each connection, then one after each pause.
        marked = Message.objects.filter(attempts__gt=0).count()
        assert 0 < marked <= at_once + pauses
        # It pauses, as its clock stands still: it tries none, however long this takes.
        begun = len(claims)
        wait_until(lambda: len(claims) > begun + 4 and not sender._held)  # noqa: B023
        assert Message.objects.filter(attempts__gt=0).count() == marked
    mail_server.replies = {}
    clock.now += LONGEST_PAUSE
    wait_until(lambda: not Message.objects.filter(state="queued", attempts=0).exists())
    wait_until(lambda: not sender._held)
    # Those that were marked are due again in a minute.
    assert Message.objects.exclude(state="sent").count() <= marked


def test_a_stopped_sender_finishes_what_it_has_begun_and_releases_the_rest(sender, mail_server):
    mail_server.delay = 0.3
    queue_messages(60)
    sender.start()
    wait_until(lambda: mail_server.connections == 4)
    sender.stopped.set()
    sender.join(TIMEOUT)
    assert not Message.objects.filter(leased_until__isnull=False).exists()
    sent = Message.objects.filter(state="sent").count()
    assert 0 < sent == len(mail_server.accepted) < 60
    assert Message.objects.filter(state="queued", attempts=0).count() == 60 - sent


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_stops_within_seconds_of_sigterm_and_sends_nothing_twice(mail_server):
    mail_server.delay = 0.3
    queue_messages(60)
    with workers(1, **environment(mail_server)) as [worker]:
        wait_until(lambda: mail_server.accepted)
        worker.terminate()
        assert worker.wait(TIMEOUT) == 0
    assert not Message.objects.filter(leased_until__isnull=False).exists()
    mail_server.delay = 0
    with workers(1, **environment(mail_server)):
        wait_until(all_sent)
    assert set(Counter(mail_server.recipients).values()) == {1} and len(mail_server.accepted) == 60


@pytest.mark.quick
@pytest.mark.django_db(transaction=True)
def test_three_workers_send_each_message_once(mail_server):
    queue_messages(90)
    with workers(3, **environment(mail_server)):
        wait_until(all_sent)
    assert len(mail_server.accepted) == len(set(mail_server.recipients)) == 90


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.drill
def test_a_killed_worker_loses_no_message_and_repeats_only_those_it_had_not_recorded(mail_server):
    """Workers are killed with SIGKILL while they send: three of them, fifty under `bin/test -m drill`."""
    killed = rounds(3, 50)
    # {address: copies that were accepted, but not recorded because their worker died}
    lost = Counter()
    mail_server.delay = 0.02
    messages = queue_messages(40 * killed)
    for number in range(1, killed + 1):
        with workers(1, **environment(mail_server)) as [worker]:
            wait_until(lambda goal=20 * number: len(mail_server.accepted) >= goal)
            kill(worker)
        wait_until(lambda: not mail_server.open_connections)
        accepted = Counter(mail_server.recipients)
        unrecorded = {message.address: accepted[message.address] for message in Message.objects.queued()}
        lost_now = Counter(unrecorded) - lost
        assert set(lost_now.values()) <= {1} and len(lost_now) <= 8, "one for each connection"
        lost += lost_now
        # As if a minute had passed.
        Message.objects.queued().update(leased_until=None)
    with workers(1, **environment(mail_server)):
        wait_until(all_sent)
    assert Counter(mail_server.recipients) == Counter(message.address for message in messages) + lost


def environment(server):
    """The environment variables of a worker that sends mail to this server."""
    host, port = server.server_address
    return {"MAIL_URL": f"smtp://{host}:{port}"}


# What a message is about, deleted by any path, leaves no message


def make_answer():
    enquiry = make_enquiry()
    enquiry.answer("Po.", None)
    return enquiry.answers.get()


def make_owner():
    """An owner whose voice is gone: that protects its owner."""
    voice = make_voice()
    voice.delete()
    return VoiceOwner.objects.get()


MAKE = {
    "pledge": make_pledge,
    "group": make_group,
    "joining": make_joining,
    "answer": make_answer,
    "request": make_request,
    "voice": make_owner,
}


def delete_by_sql(row):
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {row._meta.db_table} WHERE id = %s", [row.pk])


WAYS = {
    "row": lambda row: row.delete(),
    "queryset": lambda row: type(row).objects.filter(pk=row.pk).delete(),
    "SQL": delete_by_sql,
}


def test_every_kind_is_about_one_of_these():
    assert {spec.about for spec in SPECS.values()} == {*MAKE, None}


@pytest.mark.django_db
@pytest.mark.cases("way", WAYS)
@pytest.mark.cases("about", MAKE)
def test_a_deleted_row_leaves_no_message(about, way):
    row, other = MAKE[about](), make_pledge("Agim Tjetri", "agim@tjeter.al")
    kept = Message.queue(Message.Kind.LINKS, other)
    for kind in [kind for kind, spec in SPECS.items() if spec.about == about and kind != "news"]:
        Message.queue(kind, row)
    Message.objects.filter(about_id=row.pk).update(attempts=1)
    assert row.messages.count() >= 1
    WAYS[way](row)
    assert list(Message.objects.all()) == [kept]


@pytest.mark.cases("kind", [kind for kind, spec in SPECS.items() if spec.about and kind != "news"])
def test_nothing_is_sent_about_a_restricted_row_however_it_was_queued(kind, mailoutbox):
    about = SPECS[kind].about
    row = make_voice().owner if about == "voice" else MAKE[about]()
    Message.queue(kind, row)
    restricted = row.enquiry if about == "answer" else row
    type(restricted).objects.update(restricted_at=Now())
    Message.objects.create(kind=kind, about_id=row.pk, language="sq")
    assert about == "answer" or not Message.queue_many(kind, [row], joins=False)
    for _time in range(2):
        send_messages()
        let_time_pass(timedelta(minutes=2))
    assert not mailoutbox and not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_message_that_is_queued_while_its_pledge_is_deleted_does_not_stay():
    for _ in range(15):
        pledge = make_pledge()
        at_once(
            lambda pledge=pledge: Message.queue(Message.Kind.LINKS, pledge),
            lambda pledge=pledge: Pledge.objects.filter(pk=pledge.pk).delete(),
        )
        assert not Message.objects.exists()
