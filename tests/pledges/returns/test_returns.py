"""Messages that come back: the state of the message, the mailbox, the wishes of people, and reports that are forged."""

import base64
import hashlib
import hmac
import time
import uuid
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from pledges import housekeeping
from pledges.models import FollowUp, Message, Pledge, ReturnedMailbox, Tombstone
from pledges.requests import held
from tests.clock import let_time_pass
from tests.factories import links_in, make_pledge, make_submission, run_worker, send_messages
from tests.pledges.backups.older_backup import replay, take_entries
from tests.traces import production_log

Kind, State = Message.Kind, Message.State
ADDRESS = "drita@shembull.al"
SECRET = "postbox:shume-e-fshehte"
BASIC = "Basic " + base64.b64encode(SECRET.encode()).decode()
KEY = "key-of-mailgun"
# Postmark's names of what can happen.
GONE, FULL, SPAM = "HardBounce", "Blocked", "SpamComplaint"


@pytest.fixture(autouse=True)
def providers(settings, mail_server):
    """Messages go to `mail_server`, and two providers report what came back."""
    settings.MAILERS = settings.MAILERS | {
        "first": {"BACKEND": "anymail.backends.postmark.EmailBackend", "OPTIONS": {"server_token": "x"}},
        "second": {"BACKEND": "anymail.backends.mailgun.EmailBackend", "OPTIONS": {"api_key": "x"}},
    }
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": KEY}


def post(provider, body, authorization=BASIC):
    headers = {"authorization": authorization} if authorization else {}
    return (
        Client().post(f"/mail-reports/{provider}/", body, content_type="application/json", headers=headers).status_code
    )


def report(message_id, kind=GONE, address=ADDRESS):
    """Report by Postmark that this happened to the message with this id."""
    assert post("postmark", postmark(message_id, kind, address)) == 200


def postmark(message_id, kind=GONE, address=ADDRESS):
    return {
        "RecordType": SPAM if kind == SPAM else "Bounce",
        **{"Type": kind, "ID": 1, "MessageID": "x", "Email": address, "BouncedAt": "2026-11-27T05:00:00Z"},
        "Metadata": {"mail": str(message_id)},
    }


def mailgun(message_id, key=KEY):
    moment, nonce = str(int(time.time())), "n" * 50
    signature = hmac.new(key.encode(), f"{moment}{nonce}".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": moment, "token": nonce, "signature": signature},
        "event-data": {
            **{"event": "failed", "severity": "permanent", "timestamp": time.time(), "id": "x", "recipient": ADDRESS},
            "delivery-status": {"code": 605, "message": "", "description": ""},
            "reason": "bounce",
            "message": {"headers": {"message-id": "x"}},
            "user-variables": {"mail": str(message_id)},
        },
    }


def sent(kind=Kind.CONFIRM, **pledge):
    """A message that was sent."""
    pledge = make_pledge(address=ADDRESS, **pledge)
    message = Message.queue(kind, pledge)
    send_messages()
    message.refresh_from_db()
    assert message.state == State.SENT
    return message


def state_of(message):
    message.refresh_from_db()
    return message.state, message.returned_at is not None


@pytest.mark.django_db
def test_the_sender_is_the_return_address(mail_server, settings):
    sent()
    assert mail_server.senders == [settings.SENDER]


@pytest.mark.django_db
def test_a_provider_gets_the_id_of_the_message(settings):
    settings.MAILERS = {"default": {"BACKEND": "anymail.backends.test.EmailBackend", "OPTIONS": {}}}
    message = sent()
    assert mail.outbox[0].anymail_test_params["metadata"] == {"mail": str(message.pk)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "state", "is_noted"),
    [
        *[(GONE, State.BOUNCED, True), (FULL, State.DELAYED, False), (SPAM, State.SPAM, True)],
        *[("Transient", State.SENT, False), ("AutoResponder", State.SENT, False)],
    ],
)
def test_what_came_back_is_recorded_at_the_message(kind, state, is_noted):
    message = sent()
    report(message.pk, kind, ADDRESS.upper())
    assert state_of(message) == (state, state != State.SENT) and message.sent_at
    assert ReturnedMailbox.objects.exists() == is_noted


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "state"), [(SPAM, State.SPAM), (GONE, State.BOUNCED)])
def test_a_report_about_the_mailbox_counts_after_one_of_a_delay(kind, state):
    message = sent(Kind.COUNTED, state="confirmed", updates=True)
    report(message.pk, FULL)
    report(message.pk, kind)
    assert state_of(message) == (state, True) and ReturnedMailbox.objects.exists()
    assert Pledge.objects.filter(updates=False).exists() == (state == State.SPAM)


@pytest.mark.django_db
def test_a_report_that_comes_twice_changes_nothing_more():
    message = sent(Kind.COUNTED, state="confirmed", updates=True)
    report(message.pk)
    message.refresh_from_db()
    first = message.returned_at
    for kind in (GONE, FULL, SPAM):
        report(message.pk, kind)
    message.refresh_from_db()
    assert (message.returned_at, message.state) == (first, State.BOUNCED)
    assert ReturnedMailbox.objects.count() == 1 and Pledge.objects.get().updates


def withdraw(message):
    message.pledge.withdraw()


def change_address(message):
    message.pledge.request_new_address("drita.re@shembull.al")
    pledge = Pledge.objects.get(pk=message.about_id)
    assert pledge.use_new_address()


@pytest.mark.django_db
@pytest.mark.parametrize("change", [withdraw, change_address])
def test_a_report_about_someone_who_is_gone_is_ignored(change):
    message = sent(Kind.COUNTED, state="confirmed", updates=True)
    change(message)
    report(message.pk, SPAM)
    assert not ReturnedMailbox.objects.exists()
    assert not Pledge.objects.filter(updates=False).exists()


@pytest.mark.django_db
def test_a_report_about_no_message_of_ours_is_ignored_and_logged_without_an_address():
    message = sent()
    with production_log() as log:
        for message_id in (uuid.uuid4(), None, "", "ë"):
            report(message_id)
        report(message.pk, address="agim@shembull.al")
        report(message.pk, address=None)
    assert state_of(message) == (State.SENT, False)
    assert log.getvalue().count('"ignored"') == 6 and "@shembull.al" not in log.getvalue()


@pytest.mark.django_db
def test_a_message_that_was_not_sent_does_not_come_back():
    message = Message.queue(Kind.CONFIRM, make_pledge(address=ADDRESS))
    report(message.pk)
    assert state_of(message) == (State.QUEUED, False) and not ReturnedMailbox.objects.exists()


@pytest.mark.django_db
def test_after_a_bounce_a_message_waits_for_a_day_and_bulk_is_not_sent(mail_server):
    message = sent()
    report(message.pk)
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
    report(message.pk)
    make_submission(address="drita.kola@shembull.al")
    mail_server.accepted.clear()
    run_worker()
    assert mail_server.recipients == ["drita.kola@shembull.al"]


@pytest.mark.django_db
def test_a_message_behind_an_opened_link_goes_to_a_mailbox_from_which_one_came_back(mail_server):
    message = sent(Kind.ALREADY, state="confirmed")
    report(message.pk)
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
    report(message.pk, SPAM)
    assert list(Pledge.objects.filter(updates=True)) == [stranger]
    assert list(FollowUp.objects.filter(ended_at=None).values_list("pledge", flat=True)) == [stranger.pk]


@pytest.mark.django_db
def test_a_restore_does_not_bring_a_complaint_back(mail_server):
    message = sent(Kind.ALREADY, state="confirmed", updates=True)
    FollowUp.wish(message.pledge, True)
    report(message.pk, SPAM)
    entries = take_entries()
    Pledge.objects.update(updates=True)
    FollowUp.objects.update(ended_at=None)
    Tombstone.objects.all().delete()
    replay(entries)
    message.pledge.refresh_from_db()
    assert not message.pledge.updates and not FollowUp.objects.filter(ended_at=None).exists()


@pytest.mark.django_db
def test_a_restore_does_not_bring_back_a_note_that_was_erased_at_a_request():
    ReturnedMailbox.objects.add(ADDRESS)
    [note] = ReturnedMailbox.objects.all()
    Tombstone.objects.all().delete()
    held.erase(ADDRESS, [each.key for each in held.held_about(ADDRESS)])
    entries = take_entries()
    note.save()
    Tombstone.objects.all().delete()
    replay(entries)
    assert not ReturnedMailbox.objects.exists()


@pytest.mark.django_db
def test_a_mailbox_is_forgotten_after_ninety_days():
    ReturnedMailbox.objects.add(ADDRESS)
    let_time_pass(timedelta(days=89))
    housekeeping.erase_expired()
    ReturnedMailbox.objects.get()
    ReturnedMailbox.objects.add("DRITA+x@shembull.al")
    assert ReturnedMailbox.objects.count() == 1, "the same mailbox, noted anew"
    let_time_pass(timedelta(days=90))
    housekeeping.erase_expired()
    assert not ReturnedMailbox.objects.exists()


@pytest.mark.django_db
def test_the_button_of_a_reminder_ends_all_emails(mail_server, client):
    reminder = sent(Kind.REMINDER)
    [mail] = mail_server.accepted
    [path] = links_in(mail["List-Unsubscribe"].strip("<>"), "block")
    body = "List-Unsubscribe=One-Click"
    assert client.post(path, body, content_type="application/x-www-form-urlencoded").status_code in (200, 302, 303)
    assert not Pledge.objects.filter(pk=reminder.about_id).exists()


# Who may report


@pytest.mark.django_db
def test_a_provider_reports_with_its_signature():
    message = sent()
    assert post("mailgun", mailgun(message.pk, key="another")) == 403
    assert post("mailgun", mailgun(message.pk) | {"signature": {}}) == 403
    assert state_of(message) == (State.SENT, False)
    assert post("mailgun", mailgun(message.pk)) == 200
    assert state_of(message)[1]


@pytest.mark.django_db
@pytest.mark.parametrize("authorization", [None, "Basic eDp5", "Bearer x"])
def test_a_report_without_the_secret_is_refused_and_nothing_is_stored(authorization):
    message = sent()
    assert post("postmark", postmark(message.pk), authorization) == 403
    assert state_of(message) == (State.SENT, False) and not ReturnedMailbox.objects.exists()


@pytest.mark.django_db
def test_only_providers_in_use_have_an_address_and_none_without_a_secret(settings):
    assert post("sendgrid", []) == 404
    assert post("postmark", []) == 400, "it knows the secret, but this is no report"
    assert Client().get("/mail-reports/postmark/", headers={"authorization": BASIC}).status_code == 405
    settings.ANYMAIL = {}
    assert post("postmark", postmark(uuid.uuid4())) == 404
