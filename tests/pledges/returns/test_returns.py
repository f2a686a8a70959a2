"""Messages that come back: the state of the message, the mailbox, the wishes of people, and reports that are forged."""

import base64
import hashlib
import hmac
import imaplib
import logging
import time
import uuid
from datetime import timedelta

import pytest
from django.core import signing
from django.db import DatabaseError
from django.db.models import F
from django.test import Client

from pledges import housekeeping
from pledges.crypto import links, return_addresses
from pledges.crypto.links import Purpose
from pledges.models import FollowUp, FunnelDay, Heartbeat, Message, OutboxEntry, Pledge, ReturnedMailbox
from pledges.requests import held
from pledges.returns import mailbox, reports, returns
from tests.clock import let_time_pass
from tests.factories import links_in, make_pledge, make_submission, run_worker, send_messages
from tests.imap import Mailbox
from tests.pledges.outbox.replay import replay, take_entries
from tests.pledges.returns.reports import (
    ADDRESS,
    BOUNCE_ADDRESS,
    automatic_answer,
    complaint,
    delivery_report,
    return_address,
)
from tests.readiness import failing_checks
from tests.traces import production_log

Kind, State = Message.Kind, Message.State


@pytest.fixture(autouse=True)
def way_back(settings):
    settings.BOUNCE_ADDRESS = BOUNCE_ADDRESS


def token_of(message):
    return return_addresses.token(message.pk, message.return_binding)


def sent(kind=Kind.CONFIRM, **pledge):
    """A message that was sent."""
    pledge = make_pledge(address=ADDRESS, **pledge)
    message = Message.queue(kind, pledge)
    send_messages()
    message.refresh_from_db()
    assert message.state == State.SENT
    return message


def ignored():
    return sum(FunnelDay.objects.filter(kind="ignored").values_list("n", flat=True))


def state_of(message):
    message.refresh_from_db()
    return message.state, message.returned_at is not None


@pytest.mark.django_db
def test_each_message_has_a_return_address_of_its_own_and_the_usual_sender(mail_server, settings):
    first, second = sent(), Message.queue(Kind.CONFIRM, make_pledge())
    send_messages()
    assert token_of(first) != token_of(second)
    for mail in mail_server.accepted:
        assert settings.SENDER in mail["From"] and "+" not in mail["From"]
    assert mail_server.senders == [return_address(token_of(message)) for message in (first, second)]


def test_a_return_address_is_short_and_survives_a_change_of_case():
    message_id = uuid.uuid4()
    token = return_addresses.token(message_id, "1")
    local = return_address(token).partition("@")[0]
    assert len(local) <= 64 and local == local.lower()
    found = return_addresses.find_token(f"<{return_address(token).upper()}>")
    assert return_addresses.message_id_of(found) == message_id and return_addresses.is_genuine(found, message_id, "1")


def test_a_forged_token_is_not_genuine(settings):
    message_id = uuid.uuid4()
    token = return_addresses.token(message_id, "1")
    assert not return_addresses.is_genuine(token, message_id, "2")
    assert not return_addresses.is_genuine(return_addresses.token(uuid.uuid4(), "1"), message_id, "1")
    for text in ("", "ë", "a" * 38, "1" * 39, "a" * 400):
        assert return_addresses.message_id_of(text) is None
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert return_addresses.is_genuine(token, message_id, "1"), "made before the key was rotated"
    settings.SECRET_KEY_FALLBACKS = []
    assert not return_addresses.is_genuine(token, message_id, "1")


def test_without_a_mailbox_for_it_the_sender_is_the_return_address(settings, db, mail_server):
    settings.BOUNCE_ADDRESS = None
    sent()
    assert mail_server.senders == [settings.SENDER]


@pytest.mark.parametrize(
    ("report", "outcome"),
    [
        (delivery_report("a" * 39), "bounced"),
        (delivery_report("a" * 39, status="5.2.1"), "bounced"),
        (delivery_report("a" * 39, status="5.0.0", diagnostic="smtp; 550 5.1.1 unknown"), "bounced"),
        (delivery_report("a" * 39, status="5.7.1"), "delayed"),
        (delivery_report("a" * 39, status="5.2.2"), "delayed"),
        (delivery_report("a" * 39, status="4.4.7", diagnostic=""), "delayed"),
        (complaint("a" * 39), "spam"),
    ],
)
def test_reports_are_read(report, outcome):
    assert reports.read(report) == reports.Report("a" * 39, outcome)


@pytest.mark.parametrize(
    "mail",
    [
        delivery_report("a" * 39, action="delayed", status="4.4.1"),
        delivery_report("a" * 39, action="delivered", status="2.0.0"),
        complaint("a" * 39, kind="not-spam"),
        automatic_answer("a" * 39),
        delivery_report("too-short"),
        b"",
        b"\xff\x00" * 1000,
        b"Content-Type: multipart/report; report-type=delivery-status\n\nno parts",
        b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\n\n--x--",
        b"Content-Type: multipart/report; boundary=b0\n\n"
        + b"".join(b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (n, n + 1) for n in range(3000)),
    ],
)
def test_other_mails_are_no_reports(mail):
    assert reports.read(mail) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("report", "state", "is_noted"),
    [
        (delivery_report, State.BOUNCED, True),
        (lambda token: delivery_report(token, "5.2.2", diagnostic=""), State.DELAYED, False),
        (complaint, State.SPAM, True),
    ],
)
def test_what_came_back_is_recorded_at_the_message(mail_server, report, state, is_noted):
    message = sent()
    assert returns.record_mail(report(token_of(message)))
    assert state_of(message) == (state, True) and message.sent_at
    assert ReturnedMailbox.objects.exists() == is_noted and ignored() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(("report", "state"), [(complaint, State.SPAM), (delivery_report, State.BOUNCED)])
def test_a_report_about_the_mailbox_counts_after_one_of_a_delay(mail_server, report, state):
    message = sent(Kind.COUNTED, state="confirmed", updates=True)
    assert returns.record_mail(delivery_report(token_of(message), "5.2.2", diagnostic=""))
    assert returns.record_mail(report(token_of(message)))
    assert state_of(message) == (state, True) and ReturnedMailbox.objects.exists()
    assert Pledge.objects.filter(updates=False).exists() == (state == State.SPAM)


@pytest.mark.django_db
def test_a_report_that_comes_twice_changes_nothing_more(mail_server):
    message = sent()
    assert returns.record_mail(delivery_report(token_of(message)))
    message.refresh_from_db()
    first = message.returned_at
    assert not returns.record_mail(delivery_report(token_of(message)))
    assert not returns.record_mail(complaint(token_of(message)))
    message.refresh_from_db()
    assert (message.returned_at, message.state, ReturnedMailbox.objects.count(), ignored()) == (
        first,
        State.BOUNCED,
        1,
        0,
    )


def withdraw(message):
    message.pledge.withdraw()


def change_address(message):
    message.pledge.request_new_address("drita.re@shembull.al")
    pledge = Pledge.objects.get(pk=message.pledge_id)
    assert pledge.use_new_address()


@pytest.mark.django_db
@pytest.mark.parametrize("change", [withdraw, change_address])
def test_a_report_about_someone_who_is_gone_is_ignored(mail_server, change):
    message = sent(Kind.COUNTED, state="confirmed", updates=True)
    token = token_of(message)
    change(message)
    assert not returns.record_mail(complaint(token))
    assert ignored() == 1 and not ReturnedMailbox.objects.exists()
    assert not Pledge.objects.filter(updates=False).exists()


@pytest.mark.django_db
def test_a_forged_report_is_ignored_and_logged_without_an_address(mail_server):
    message = sent()
    genuine = token_of(message)
    forged = genuine[:-1] + ("a" if genuine[-1] != "a" else "q")
    with production_log() as log:
        for token in (forged, return_addresses.token(uuid.uuid4(), "1")):
            assert not returns.record_mail(delivery_report(token))
        assert not returns.record_mail(automatic_answer(genuine))
    assert state_of(message) == (State.SENT, False) and ignored() == 3
    assert log.getvalue().count('"ignored"') == 3 and ADDRESS not in log.getvalue() and forged not in log.getvalue()


@pytest.mark.django_db
def test_a_message_that_was_not_sent_does_not_come_back(mail_server):
    message = Message.queue(Kind.CONFIRM, make_pledge())
    assert not returns.record(token_of(message), State.BOUNCED)
    assert state_of(message) == (State.QUEUED, False)


@pytest.mark.django_db
def test_after_a_bounce_a_message_waits_for_a_day_and_bulk_is_not_sent(mail_server):
    message = sent()
    returns.record_mail(delivery_report(token_of(message)))
    mail_server.accepted.clear()
    # Someone else is not concerned.
    Message.queue(Kind.CONFIRM, make_pledge())
    reminder = Message.queue(Kind.REMINDER, message.pledge)
    again = Message.queue(Kind.CONFIRM, message.pledge)
    send_messages()
    assert len(mail_server.accepted) == 1 and state_of(again) == (State.QUEUED, False)
    let_time_pass(timedelta(days=1))
    send_messages()
    assert state_of(again) == (State.SENT, False), "the link to confirm is not blocked for ever"
    assert len(mail_server.accepted) == 2 and not Message.objects.filter(pk=reminder.pk).exists()


@pytest.mark.django_db
def test_a_corrected_address_gets_its_message_at_once(mail_server):
    message = sent()
    returns.record_mail(delivery_report(token_of(message)))
    make_submission(address="drita.kola@shembull.al")
    mail_server.accepted.clear()
    run_worker()
    assert mail_server.recipients == ["drita.kola@shembull.al"]


@pytest.mark.django_db
def test_a_message_behind_an_opened_link_goes_to_a_mailbox_from_which_one_came_back(mail_server):
    message = sent(Kind.ALREADY, state="confirmed")
    returns.record_mail(delivery_report(token_of(message)))
    mail_server.accepted.clear()
    Message.queue(Kind.FRESH, message.pledge)
    send_messages()
    assert len(mail_server.accepted) == 1


@pytest.mark.django_db
def test_a_complaint_ends_what_people_at_the_mailbox_agreed_to_get(mail_server):
    message = sent(Kind.ALREADY, state="confirmed", updates=True)
    other = make_pledge("Agim Kola", ADDRESS, state="confirmed", updates=True)
    stranger = make_pledge(state="confirmed", updates=True)
    for pledge in (message.pledge, other, stranger):
        FollowUp.wish(pledge, True)
    assert returns.record_mail(complaint(token_of(message)))
    assert list(Pledge.objects.filter(updates=True)) == [stranger]
    assert list(FollowUp.objects.filter(ended_at=None).values_list("pledge", flat=True)) == [stranger.pk]


@pytest.mark.django_db
def test_a_restore_does_not_bring_a_complaint_back(mail_server):
    message = sent(Kind.ALREADY, state="confirmed", updates=True)
    FollowUp.wish(message.pledge, True)
    returns.record_mail(complaint(token_of(message)))
    entries = take_entries()
    Pledge.objects.update(updates=True)
    FollowUp.objects.update(ended_at=None)
    ReturnedMailbox.objects.all().delete()
    OutboxEntry.objects.all().delete()
    replay(entries)
    message.pledge.refresh_from_db()
    assert not message.pledge.updates and not FollowUp.objects.filter(ended_at=None).exists()
    assert ReturnedMailbox.objects.count() == 1


@pytest.mark.django_db
def test_a_restore_does_not_bring_back_a_note_that_was_erased_at_a_request():
    ReturnedMailbox.objects.add(ADDRESS)
    [note] = ReturnedMailbox.objects.all()
    OutboxEntry.objects.all().delete()
    held.erase(ADDRESS, [each.key for each in held.held_about(ADDRESS)])
    entries = take_entries()
    note.save()
    OutboxEntry.objects.all().delete()
    replay(entries)
    assert not ReturnedMailbox.objects.exists()


@pytest.mark.django_db
def test_a_mailbox_is_forgotten_after_ninety_days():
    ReturnedMailbox.objects.add(ADDRESS)
    let_time_pass(timedelta(days=89))
    housekeeping.erase_returned_mailboxes()
    ReturnedMailbox.objects.get()
    ReturnedMailbox.objects.add("DRITA+x@shembull.al")
    assert ReturnedMailbox.objects.count() == 1, "the same mailbox, noted anew"
    let_time_pass(timedelta(days=90))
    housekeeping.erase_returned_mailboxes()
    assert not ReturnedMailbox.objects.exists()


@pytest.mark.django_db
def test_the_button_of_a_reminder_ends_all_emails(mail_server, client):
    reminder = sent(Kind.REMINDER)
    [mail] = mail_server.accepted
    [path] = links_in(mail["List-Unsubscribe"].strip("<>"), "block")
    body = "List-Unsubscribe=One-Click"
    assert client.post(path, body, content_type="application/x-www-form-urlencoded").status_code in (200, 302, 303)
    assert not Pledge.objects.filter(pk=reminder.pledge_id).exists()


@pytest.fixture
def box(settings):
    with Mailbox() as server:
        settings.BOUNCE_MAILBOX = server.options
        yield server


@pytest.mark.django_db
def test_the_mailbox_is_read_and_emptied(mail_server, box, client):
    message = sent()
    Heartbeat.beat()
    assert "returns" in failing_checks(client, with_worker=False)
    box.put(delivery_report(token_of(message)), automatic_answer(token_of(message)), b"\xff\xfe broken")
    returns.Returns().read()
    assert state_of(message) == (State.BOUNCED, True) and ignored() == 2
    assert not box.mails, "reports quote addresses"
    assert "returns" not in failing_checks(client, with_worker=False)
    Heartbeat.objects.update(returns_read_at=F("returns_read_at") - timedelta(hours=1))
    assert "returns" in failing_checks(client, with_worker=False)


@pytest.mark.django_db(transaction=True)
def test_a_mailbox_that_cannot_be_read_is_an_alarm_and_stops_nothing(box, settings, caplog):
    settings.BOUNCE_MAILBOX = box.options | {"password": "wrong"}
    Heartbeat.beat()
    with caplog.at_level(logging.ERROR):
        returns.Returns().read()
    assert caplog.messages == ["returns: error"]
    assert Heartbeat.objects.get(returns_read_at=None).returns_leased_until is None


@pytest.mark.django_db
def test_one_worker_reads_the_mailbox_at_a_time(mail_server, box):
    Heartbeat.beat()
    box.put(automatic_answer("a" * 39))
    assert Heartbeat.lease_returns() and not Heartbeat.lease_returns()
    returns.Returns().read()
    assert box.mails, "another worker reads it"
    # That one was killed.
    Heartbeat.objects.update(returns_leased_until=F("returns_leased_until") - timedelta(minutes=10))
    returns.Returns().read()
    assert not box.mails and ignored() == 1 and Heartbeat.lease_returns()


def test_what_cannot_be_recorded_stays_in_the_mailbox(box):
    box.put(b"first", b"second", b"third")
    handled = []

    def handle(data):
        handled.append(data)
        if data == b"second":
            raise DatabaseError

    with pytest.raises(DatabaseError):
        mailbox.read(handle, **box.options)
    assert handled == [b"first", b"second"] and list(box.mails.values()) == [b"second", b"third"]


def test_the_certificate_of_the_mailbox_is_checked(box):
    with pytest.raises((OSError, imaplib.IMAP4.error)):
        mailbox.read(print, **box.options | {"is_tls": True})


# Reports of providers

SECRET = "postbox:shume-e-fshehte"
BASIC = "Basic " + base64.b64encode(SECRET.encode()).decode()
KEY = "key-of-mailgun"


@pytest.fixture
def providers(settings):
    settings.MAILERS = {
        "default": {"BACKEND": "anymail.backends.postmark.EmailBackend", "OPTIONS": {"server_token": "x"}},
        "bulk": {"BACKEND": "anymail.backends.mailgun.EmailBackend", "OPTIONS": {"api_key": "x"}},
    }
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": KEY}


def post(provider, body, authorization=BASIC):
    headers = {"authorization": authorization} if authorization else {}
    return (
        Client().post(f"/mail-reports/{provider}/", body, content_type="application/json", headers=headers).status_code
    )


def postmark(token, kind="HardBounce"):
    record = "SpamComplaint" if kind == "SpamComplaint" else "Bounce"
    return {
        **{
            "RecordType": record,
            "Type": kind,
            "ID": 1,
            "MessageID": "x",
            "Email": ADDRESS,
            "Metadata": {"mail": token},
        },
        "BouncedAt": "2026-11-27T05:00:00Z",
    }


def mailgun(token, key=KEY):
    moment, nonce = str(int(time.time())), "n" * 50
    signature = hmac.new(key.encode(), f"{moment}{nonce}".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": moment, "token": nonce, "signature": signature},
        "event-data": {
            **{"event": "failed", "severity": "permanent", "timestamp": time.time(), "id": "x", "recipient": ADDRESS},
            "delivery-status": {"code": 605, "message": "", "description": ""},
            "reason": "bounce",
            "message": {"headers": {"message-id": "x"}},
            "user-variables": {"mail": token},
        },
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("HardBounce", State.BOUNCED),
        ("Blocked", State.DELAYED),
        ("SpamComplaint", State.SPAM),
        ("Transient", State.SENT),
    ],
)
def test_a_provider_reports_with_its_secret(mail_server, kind, state, providers, settings):
    ours = settings.MAILERS
    settings.MAILERS = mail_server.mailers()
    message = sent()
    settings.MAILERS = ours
    assert post("postmark", postmark(token_of(message), kind)) == 200
    assert state_of(message)[0] == state


@pytest.mark.django_db
def test_a_provider_reports_with_its_signature(mail_server, providers, settings):
    ours = settings.MAILERS
    settings.MAILERS = mail_server.mailers()
    message = sent()
    settings.MAILERS = ours
    token = token_of(message)
    assert post("mailgun", mailgun(token, key="another")) == 403
    assert post("mailgun", mailgun(token) | {"signature": {}}) == 403
    assert state_of(message) == (State.SENT, False)
    assert post("mailgun", mailgun(token)) == 200
    assert state_of(message)[1]


@pytest.mark.django_db
@pytest.mark.parametrize("authorization", [None, "Basic eDp5", "Bearer x"])
def test_a_report_without_the_secret_is_refused_and_nothing_is_stored(mail_server, providers, settings, authorization):
    ours = settings.MAILERS
    settings.MAILERS = mail_server.mailers()
    message = sent()
    settings.MAILERS = ours
    assert post("postmark", postmark(token_of(message)), authorization) == 403
    assert state_of(message) == (State.SENT, False) and ignored() == 0 and not ReturnedMailbox.objects.exists()


@pytest.mark.django_db
def test_only_providers_in_use_have_an_address_and_none_without_a_secret(providers, settings):
    assert post("sendgrid", []) == 404
    assert post("postmark", []) == 400, "it knows the secret, but this is no report"
    assert Client().get("/mail-reports/postmark/", headers={"authorization": BASIC}).status_code == 405
    settings.ANYMAIL = {}
    assert post("postmark", postmark("a" * 39)) == 404


@pytest.mark.django_db
def test_a_forged_token_in_a_genuine_report_is_ignored(providers):
    assert post("postmark", postmark("a" * 39)) == 200
    assert post("postmark", postmark(None)) == 200
    assert ignored() == 2


def test_the_token_travels_with_the_message_to_the_provider():
    mail = type("Mail", (), {"extra_headers": {}, "from_email": "zotimi@shembull.al"})()
    return_addresses.expect_return(mail, "a" * 39)
    assert mail.metadata == {"mail": "a" * 39}


def test_tokens_of_links_are_no_tokens_of_returns():
    with pytest.raises(signing.BadSignature):
        links.read(Purpose.MANAGE, return_addresses.token(uuid.uuid4(), "1"))
