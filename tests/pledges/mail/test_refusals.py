"""When all messages are refused, the fault is ours: nothing is given up until one is accepted."""

import json
from datetime import timedelta

import pytest

from pledges.models import Message
from tests.clock import let_time_pass
from tests.factories import make_pledge, run_worker
from tests.readiness import failing_checks

pytestmark = pytest.mark.django_db

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
REFUSED = {"RCPT": "550 5.7.1 your network is on our list"}


def queue(count):
    return [Message.queue("confirm", make_pledge()) for _ in range(count)]


def run_for(rounds, step=MINUTE):
    for _ in range(rounds):
        run_worker()
        let_time_pass(step + timedelta(seconds=1))


def states():
    return sorted(Message.objects.values_list("state", flat=True))


@pytest.mark.slow
def test_of_60_messages_that_are_all_refused_none_is_lost(client, mail_server):
    mail_server.replies = REFUSED
    queue(60)
    make_pledge(state="confirmed").withdraw()
    run_for(30)
    assert states() == ["queued"] * 61 and failing_checks(client)[-1:] == ["mail"]
    mail_server.replies = {}
    run_for(3)
    assert states() == ["sent"] * 60 and len(mail_server.accepted) == 61
    assert failing_checks(client) == []


@pytest.mark.slow
def test_refusals_that_begin_after_good_messages_are_kept_from_the_first(mail_server):
    queue(5)
    run_worker()
    mail_server.replies = REFUSED
    queue(25)
    run_for(10)
    assert states() == ["queued"] * 25 + ["sent"] * 5
    mail_server.replies = {}
    run_for(3)
    assert states() == ["sent"] * 30


def test_a_single_bad_mailbox_among_good_ones_is_given_up_at_once(client, mail_server):
    messages = queue(40)
    bad = messages[20]
    mail_server.replies = {("RCPT", bad.address): REFUSED["RCPT"]}
    run_worker()
    assert list(Message.objects.failing()) == [bad] and len(mail_server.accepted) == 39
    bad.refresh_from_db()
    assert (bad.state, bad.attempts) == (Message.State.REFUSED, 1)
    assert failing_checks(client) == []


def test_19_bad_mailboxes_in_a_row_are_given_up(mail_server):
    mail_server.replies = REFUSED
    queue(19)
    run_worker()
    assert states() == ["refused"] * 19


@pytest.mark.slow
def test_a_bad_mailbox_is_given_up_after_the_fault_has_ended(mail_server):
    mail_server.replies = REFUSED
    messages = queue(25)
    run_for(2)
    mail_server.replies = {("RCPT", messages[3].address): REFUSED["RCPT"]}
    run_for(5)
    assert states() == ["refused"] + ["sent"] * 24


@pytest.mark.slow
def test_messages_are_kept_for_longer_than_three_days(client, mail_server):
    mail_server.replies = REFUSED
    queue(20)
    run_for(30, 4 * HOUR)
    assert states() == ["queued"] * 20 and "mail" in failing_checks(client)


def test_while_everything_is_refused_one_message_at_a_time_is_tried(mail_server):
    mail_server.replies = REFUSED
    queue(60)
    run_worker()
    tried = sum(Message.objects.values_list("attempts", flat=True))
    run_worker()
    assert tried == 20 and sum(Message.objects.values_list("attempts", flat=True)) == 21


def test_each_mail_is_one_line_of_the_log_without_a_recipient(mail_server, caplog):
    caplog.set_level("INFO")
    mail_server.replies = {("RCPT", "keq@shembull.al"): REFUSED["RCPT"]}
    good = Message.queue("confirm", make_pledge("Drita Kola", "mire@shembull.al"))
    bad = Message.queue("confirm", make_pledge("Arben Kola", "keq@shembull.al"))
    run_worker()
    lines = {record.fields["mail"]: record.fields for record in caplog.records if record.message == "mail"}
    assert lines == {
        str(good.pk): {"mail": str(good.pk), "kind": "confirm", "outcome": "sent", "attempt": 1},
        str(bad.pk): {
            **{"mail": str(bad.pk), "kind": "confirm", "outcome": "refused", "attempt": 1},
            "error": "SMTPRecipientsRefused 550",
        },
    }
    assert "shembull" not in json.dumps(list(lines.values()))
