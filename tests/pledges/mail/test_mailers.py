"""Two mailers: which messages each sends, how many a server takes, and what pages say while messages wait."""

import smtplib
from datetime import timedelta
from email import policy

import pytest
from anymail.exceptions import AnymailRecipientsRefused, AnymailRequestsAPIError
from django.db.models import F
from django.test import Client
from django.utils import timezone
from requests import Response

from pledges import housekeeping
from pledges.crypto import keys
from pledges.mail import errors, mailers
from pledges.mail.kinds import SPECS
from pledges.mail_texts.samples import sample_mail
from pledges.models import Mailer, Message, MessageText
from tests.factories import make_pledge, send_messages
from tests.pages import Document
from tests.readiness import failing_checks
from tests.smtp import MailServer
from tests.threads import at_once

LEASE = timedelta(minutes=1)
Kind = Message.Kind
BULK_KINDS = [kind for kind, spec in SPECS.items() if spec.is_bulk]


@pytest.fixture
def bulk_server(settings, mail_server):
    """A second server, to which the site sends bulk."""
    with MailServer() as server:
        settings.MAILERS = settings.MAILERS | {"bulk": server.mailers()["default"]}
        yield server


def queue(kind, number=1):
    """Messages of this kind to people of their own."""
    state = "pending" if kind in (Kind.CONFIRM, Kind.REMINDER) else "confirmed"
    return [Message.queue(kind, make_pledge(state=state)) for _ in range(number)]


def kinds(messages):
    return [message.kind for message in messages]


def claim(number, mailer=mailers.DEFAULT):
    return Message.objects.claim(number, LEASE, mailer)


def limit(settings, mailer=mailers.DEFAULT, **limits):
    settings.MAIL_LIMITS = settings.MAIL_LIMITS | {mailer: limits}


def move_sent(quarters):
    """As if messages had been sent so many quarters of an hour earlier."""
    for row in Mailer.objects.all():
        row.sent = {str(int(quarter) - quarters): n for quarter, n in row.sent.items()}
        row.paced_until -= quarters * mailers.QUARTER
        row.save()


def sent_within_a_day(mailer=mailers.DEFAULT):
    return Mailer.objects.get(name=mailer).sent_within_a_day()


@pytest.mark.django_db
def test_confirmations_go_first_and_bulk_last():
    queue(Kind.REMINDER)
    queue(Kind.LINKS)
    queue(Kind.CONFIRM)
    assert kinds(claim(10)) == [Kind.CONFIRM, Kind.LINKS, Kind.REMINDER]


@pytest.mark.django_db
def test_each_server_gets_its_messages(mail_server, bulk_server):
    queue(Kind.CONFIRM)
    queue(Kind.REMINDER)
    send_messages()
    assert [len(server.accepted) for server in (mail_server, bulk_server)] == [1, 1]
    assert mail_server.accepted[0]["From"] == bulk_server.accepted[0]["From"]


@pytest.mark.django_db
def test_a_server_that_refuses_bulk_does_not_hold_up_the_others(client, mail_server, bulk_server):
    bulk_server.replies["MAIL"] = "550 5.7.1 not from you"
    queue(Kind.REMINDER)
    queue(Kind.CONFIRM, 3)
    send_messages()
    assert len(mail_server.accepted) == 3 and not bulk_server.accepted
    assert Message.objects.filter(kind=Kind.REMINDER).get().state == Message.State.QUEUED
    Message.objects.update(queued_at=F("queued_at") - timedelta(hours=1))
    # Mail that goes out by the other one does not hide it.
    assert "mail" in failing_checks(client)


@pytest.mark.django_db
def test_bulk_has_the_button_of_mail_programs_in_a_header_that_is_whole():
    """A line of more than 998 characters may be changed on the way, which breaks the signature (DKIM)."""
    # News has a short address of its own: tests/pledges/mailings/test_sending.py.
    for kind in [*BULK_KINDS, Kind.PLAN]:
        if kind == Kind.NEWS:
            continue
        mail = sample_mail(kind, MessageText.objects.words_in_use(kind, "sq"), "sq")
        headers = mail.message(policy=policy.SMTP).as_bytes().partition(b"\r\n\r\n")[0].split(b"\r\n")
        [line] = [line for line in headers if line.startswith(b"List-Unsubscribe:")]
        assert line.startswith(b"List-Unsubscribe: <http") and line.endswith(b">"), kind
        assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in headers
        assert max(map(len, headers)) < 998, kind


@pytest.mark.django_db
def test_no_more_than_the_quota_is_sent_within_a_day(settings, mail_server):
    limit(settings, per_day=5)
    queue(Kind.CONFIRM, 8)
    send_messages()
    assert len(mail_server.accepted) == 5 and Message.objects.queued().count() == 3
    move_sent(4 * 24)
    send_messages()
    assert len(mail_server.accepted) == 5, "the last second of the quarter is not a day ago"
    move_sent(1)
    send_messages()
    assert len(mail_server.accepted) == 8


@pytest.mark.django_db(transaction=True)
def test_the_quota_is_exact_for_several_workers(settings):
    limit(settings, per_day=50)
    queue(Kind.CONFIRM, 80)
    claimed = at_once(*[lambda: [len(claim(7)) for _ in range(4)]] * 4)
    assert sum(map(sum, claimed)) == 50
    assert sent_within_a_day() == 50


@pytest.mark.django_db(transaction=True)
def test_the_rate_is_spread_evenly(settings):
    limit(settings, per_minute=120)
    queue(Kind.CONFIRM, 20)
    begun = timezone.now()
    sent = sum(map(sum, at_once(*[lambda: [len(claim(5)) for _ in range(5)]] * 2)))
    seconds = (timezone.now() - begun).total_seconds()
    assert 1 <= sent <= 2 + 2 * seconds
    Mailer.objects.update(paced_until=F("paced_until") - timedelta(minutes=1))
    assert len(claim(20)) == 1, "one second of them at once, however long nothing was sent"


@pytest.mark.django_db
def test_only_what_the_server_was_handed_counts(settings, mail_server):
    limit(settings, per_day=50)
    for reply, counted in (({"MAIL": "530 5.7.0 sign in first"}, 0), ({"RCPT": "550 5.1.1 no such user"}, 1), ({}, 2)):
        mail_server.replies = reply
        queue(Kind.CONFIRM)
        send_messages()
        assert sent_within_a_day() == counted
        Message.objects.all().delete()
    [message] = queue(Kind.CONFIRM)
    message.pledge.confirm()
    send_messages()
    assert len(mail_server.accepted) == 1 and sent_within_a_day() == 2, "what no longer applies"


@pytest.mark.django_db
def test_bulk_leaves_half_of_the_quota_unless_it_has_a_server_of_its_own(settings, mail_server):
    limit(settings, per_day=10)
    queue(Kind.REMINDER, 9)
    send_messages()
    assert len(mail_server.accepted) == 5
    queue(Kind.CONFIRM, 9)
    send_messages()
    assert len(mail_server.accepted) == 10
    with MailServer() as bulk:
        settings.MAILERS = settings.MAILERS | {"bulk": bulk.mailers()["default"]}
        limit(settings, mailers.BULK, per_day=3)
        send_messages()
        assert len(bulk.accepted) == 3


def let_an_hour_pass():
    Message.objects.queued().update(due_at=F("due_at") - timedelta(hours=1))


@pytest.mark.django_db
def test_operators_learn_that_a_quota_is_used_up_and_not_that_a_worker_is_missing(client, settings, mail_server):
    limit(settings, per_day=10)
    queue(Kind.REMINDER, 9)
    send_messages()
    assert "quota: default" not in failing_checks(client)
    let_an_hour_pass()
    wrong = failing_checks(client)
    assert "quota: default" in wrong and "queue" not in wrong
    queue(Kind.CONFIRM)
    let_an_hour_pass()
    assert "queue" in failing_checks(client), "a confirmation waits although there is room for it"


@pytest.mark.django_db
def test_a_mailer_that_sends_at_its_rate_is_no_worker_that_is_missing(client, settings, mail_server):
    limit(settings, per_minute=60)
    queue(Kind.CONFIRM, 3)
    let_an_hour_pass()
    assert len(claim(1)) == 1
    wrong = failing_checks(client)
    assert "quota: default" in wrong and "queue" not in wrong
    Mailer.objects.update(paced_until=F("paced_until") - timedelta(minutes=1))
    wrong = failing_checks(client)
    assert "queue" in wrong and "quota: default" not in wrong, "it could send and does not"


# The delay that pages state

INBOXES = ["/sq/zotimi/email/", "/en/pledge/inbox/"]
WORDS = {False: ("brenda një minute", "within a minute"), True: ("vonohen më shumë se zakonisht", "longer than usual")}


def is_slow():
    housekeeping.tell_delay_of_mail()
    text = Document(Client().get(INBOXES[1])).words()
    assert (WORDS[False][1] in text) != (WORDS[True][1] in text)
    return WORDS[True][1] in text


@pytest.mark.django_db
def test_mail_is_slow_once_what_people_wait_for_is_late(settings):
    assert not is_slow()
    for kind, minutes, expected in (
        (Kind.CONFIRM, 9, False),
        (Kind.CONFIRM, 11, True),
        (Kind.LINKS, 11, True),
        # Bulk delays nobody.
        (Kind.REMINDER, 11, False),
    ):
        queue(kind)
        Message.objects.update(due_at=F("due_at") - timedelta(minutes=minutes))
        assert is_slow() == expected, (kind, minutes)
        Message.objects.all().delete()


@pytest.mark.django_db
def test_mail_is_slow_while_the_quota_is_used_up(settings, mail_server):
    limit(settings, per_day=2)
    queue(Kind.CONFIRM, 2)
    assert not is_slow()
    send_messages()
    assert is_slow(), "although nothing waits yet"
    move_sent(4 * 24 + 1)
    assert not is_slow()


@pytest.mark.django_db
def test_mail_is_slow_while_the_server_fails_and_the_pages_after_a_form_say_so(settings, mail_server):
    mail_server.replies["MAIL"] = "550 5.7.1 not from you"
    queue(Kind.CONFIRM)
    send_messages()
    assert not is_slow()
    Message.objects.update(queued_at=F("queued_at") - timedelta(hours=1))
    assert is_slow()
    for place, path in [*enumerate(INBOXES), (0, "/sq/zotimi-im/derguar/"), (1, "/en/my-pledge/sent/")]:
        text = Document(Client().get(path)).words()
        assert [slow for slow, words in WORDS.items() if words[place] in text] == [True], path


def test_errors_of_providers_are_sorted_like_those_of_servers():
    def answered(status):
        response = Response()
        response.status_code = status
        return AnymailRequestsAPIError("drita@shembull.al", response=response)

    assert errors.is_final_refusal(AnymailRecipientsRefused())
    assert [errors.is_server_failure(answered(status)) for status in (401, 429, 503)] == [True] * 3
    assert [errors.is_server_failure(answered(status)) for status in (400, 422)] == [False] * 2
    assert errors.error_kind(answered(422)) == "AnymailRequestsAPIError 422"
    assert not errors.is_final_refusal(answered(503))
    assert errors.is_server_failure(smtplib.SMTPServerDisconnected())
    assert keys.CannotDecrypt.__name__ in errors.RECIPIENT_ERRORS
