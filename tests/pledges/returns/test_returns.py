"""Messages that come back: the state of the message, the mailbox, the wishes of people, and reports that are forged."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from pledges.crypto import links
from pledges.mail.mailboxes import BULK_PAUSE
from pledges.models import Disclosure, Enquiry, FollowUp, Message, Pledge, ReturnedMailbox, Submission
from pledges.requests import held
from tests.clock import let_time_pass
from tests.enquiries import DISCLOSURE, make_enquiry
from tests.factories import links_in, make_pledge, run_worker, send_messages, settle_all
from tests.pledges.backups.older_backup import restore
from tests.traces import production_log

pytestmark = pytest.mark.django_db
Kind, State = Message.Kind, Message.State
ADDRESS = "drita@shembull.al"
SECRET = "postbox:shume-e-fshehte"
BASIC = "Basic " + base64.b64encode(SECRET.encode()).decode()
KEY = "key-of-mailgun"
# Postmark's names of what can happen.
GONE, FULL, SPAM = "HardBounce", "Blocked", "SpamComplaint"


@pytest.fixture(autouse=True)
def providers(settings, mail_server):
    """Messages go to `mail_server`, and two providers report what came back and bring replies in."""
    settings.MAILERS = settings.MAILERS | {
        "first": {"BACKEND": "anymail.backends.postmark.EmailBackend", "OPTIONS": {"server_token": "x"}},
        "second": {"BACKEND": "anymail.backends.mailgun.EmailBackend", "OPTIONS": {"api_key": "x"}},
    }
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": KEY}
    settings.ANYMAIL["INBOUND_ADDRESS"] = "reply@in.nejemi1.example"


def post(provider, body, authorization=BASIC, what="reports"):
    """The status of the answer to what a provider sends."""
    headers = {"authorization": authorization} if authorization else {}
    path = f"/mail-{what}/{provider}/"
    return Client().post(path, body, content_type="application/json", headers=headers).status_code


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


def test_a_provider_gets_the_id_of_the_message(settings):
    settings.MAILERS = {"default": {"BACKEND": "anymail.backends.test.EmailBackend", "OPTIONS": {}}}
    message = sent()
    assert mail.outbox[0].anymail_test_params["metadata"] == {"mail": str(message.pk)}


@pytest.mark.cases(
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


@pytest.mark.cases(("kind", "state"), [(SPAM, State.SPAM), (GONE, State.BOUNCED)])
def test_a_report_about_the_mailbox_counts_after_one_of_a_delay(kind, state):
    message = sent(Kind.COUNTED, state="confirmed", updates=True)
    report(message.pk, FULL)
    report(message.pk, kind)
    assert state_of(message) == (state, True) and ReturnedMailbox.objects.exists()
    assert Pledge.objects.filter(updates=False).exists() == (state == State.SPAM)


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


@pytest.mark.parametrize("change", [withdraw, change_address])
def test_a_report_about_someone_who_is_gone_is_ignored(change):
    message = sent(Kind.COUNTED, state="confirmed", updates=True)
    change(message)
    report(message.pk, SPAM)
    assert not ReturnedMailbox.objects.exists()
    assert not Pledge.objects.filter(updates=False).exists()


def test_a_report_about_no_message_of_ours_is_ignored_and_logged_without_an_address():
    message = sent()
    with production_log() as log:
        for message_id in (uuid.uuid4(), None, "", "ë"):
            report(message_id)
        report(message.pk, address="agim@shembull.al")
        report(message.pk, address=None)
    assert state_of(message) == (State.SENT, False)
    assert log.getvalue().count('"ignored"') == 6 and "@shembull.al" not in log.getvalue()


def test_a_message_that_was_not_sent_does_not_come_back():
    message = Message.queue(Kind.CONFIRM, make_pledge(address=ADDRESS))
    report(message.pk)
    assert state_of(message) == (State.QUEUED, False) and not ReturnedMailbox.objects.exists()


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


def test_a_message_behind_an_opened_link_goes_to_a_mailbox_from_which_one_came_back(mail_server):
    message = sent(Kind.ALREADY, state="confirmed")
    report(message.pk)
    mail_server.accepted.clear()
    Message.queue(Kind.FRESH, message.pledge)
    send_messages()
    assert len(mail_server.accepted) == 1


def test_a_complaint_ends_what_people_at_the_mailbox_agreed_to_get(mail_server):
    message = sent(Kind.ALREADY, state="confirmed", updates=True)
    other = make_pledge("Agim Kola", ADDRESS, state="confirmed", updates=True)
    stranger = make_pledge(state="confirmed", updates=True)
    for pledge in (message.pledge, other, stranger):
        FollowUp.wish(pledge, True)
    report(message.pk, SPAM)
    assert list(Pledge.objects.filter(updates=True)) == [stranger]
    assert list(FollowUp.objects.filter(ended_at=None).values_list("pledge", flat=True)) == [stranger.pk]


def test_a_restore_does_not_bring_back_a_note_that_was_erased_at_a_request():
    ReturnedMailbox.objects.add(ADDRESS)
    [note] = ReturnedMailbox.objects.all()
    held.erase(ADDRESS, [each.key for each in held.held_about(ADDRESS)])
    restore([note])
    assert not ReturnedMailbox.objects.exists()


def test_a_mailbox_is_noted_once_in_any_spelling_by_what_came_back_last():
    for address in (ADDRESS, "DRITA+x@shembull.al"):
        let_time_pass(BULK_PAUSE)
        ReturnedMailbox.objects.add(address)
    assert ReturnedMailbox.objects.count() == 1 and ReturnedMailbox.objects.holds(ADDRESS)


def test_the_button_of_a_reminder_ends_all_emails(mail_server, client):
    reminder = sent(Kind.REMINDER)
    [mail] = mail_server.accepted
    [path] = links_in(mail["List-Unsubscribe"].strip("<>"), "block")
    body = "List-Unsubscribe=One-Click"
    assert client.post(path, body, content_type="application/x-www-form-urlencoded").status_code in (200, 302, 303)
    assert not Pledge.objects.filter(pk=reminder.about_id).exists()


# Who may report


def test_a_provider_reports_with_its_signature():
    message = sent()
    assert post("mailgun", mailgun(message.pk, key="another")) == 403
    assert post("mailgun", mailgun(message.pk) | {"signature": {}}) == 403
    assert state_of(message) == (State.SENT, False)
    assert post("mailgun", mailgun(message.pk)) == 200
    assert state_of(message)[1]


@pytest.mark.cases("authorization", [None, "Basic eDp5", "Bearer x"])
def test_a_report_without_the_secret_is_refused_and_nothing_is_stored(authorization):
    message = sent()
    assert post("postmark", postmark(message.pk), authorization) == 403
    assert state_of(message) == (State.SENT, False) and not ReturnedMailbox.objects.exists()


def test_only_providers_in_use_have_an_address_and_none_without_a_secret(settings):
    assert post("sendgrid", []) == 404
    assert post("postmark", []) == 400, "it knows the secret, but this is no report"
    assert Client().get("/mail-reports/postmark/", headers={"authorization": BASIC}).status_code == 405
    settings.ANYMAIL = {}
    assert post("postmark", postmark(uuid.uuid4())) == 404


# Replies to our answers: a provider brings the mail in, and it becomes the next message of the enquiry


SENDER = "zamira@gazeta-shembull.al"
TEXT = "Hello, can we also film the meeting of the movement on Tuesday?"


@pytest.fixture
def enquiry():
    return make_enquiry(address=SENDER, language="en")


def bring_in(enquiry, text=TEXT, sender=SENDER, to=None, headers=(), authorization=BASIC, **fields):
    """The status of the answer to a mail that Postmark brings in, and the messages that came of it."""
    body = {
        "FromFull": {"Email": sender, "Name": "Zamira"},
        "ToFull": [{"Email": to or links.reply_address(enquiry), "Name": ""}],
        "Subject": "Re: Our answer",
        "TextBody": text,
        "Headers": [{"Name": name, "Value": value} for name, value in headers],
        **fields,
    }
    status = post("postmark", json.dumps(body), authorization, "replies")
    settle_all()
    return status, list(Enquiry.objects.filter(first_id=enquiry.pk))


def test_a_reply_leads_into_the_same_enquiry(enquiry, settings, mail_server):
    enquiry.answer("You can talk to us on Tuesday.", None)
    run_worker()
    [sent_mail] = mail_server.accepted
    reply_to = sent_mail["Reply-To"]
    assert reply_to == links.reply_address(enquiry) and len(reply_to.partition("@")[0]) <= 64
    quoted = f"{TEXT}\n\nOn Tuesday We are 1 <{settings.SENDER}> wrote:\n> You can talk to us on Tuesday.\nHello."
    status, [further] = bring_in(enquiry, quoted, sender=SENDER.upper(), to=reply_to.upper(), MessageID="1")
    assert status == 200 and (further.text, further.address) == (TEXT, SENDER)
    assert (further.purpose, further.language, further.state) == ("press", "en", "new")
    # The provider repeats what it is not sure about.
    assert len(bring_in(enquiry, quoted, MessageID="1")[1]) == 1
    # An id that is no text in UTF-8.
    assert len(bring_in(enquiry, quoted, MessageID="\udce7")[1]) == 2


def test_without_a_mailbox_for_replies_they_go_to_the_sender(enquiry, settings, mail_server):
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    enquiry.answer("You can talk to us on Tuesday.", None)
    run_worker()
    assert "Reply-To" not in mail_server.accepted[0]


@pytest.mark.cases(
    "case",
    [
        {"headers": [("Auto-Submitted", "auto-replied")]},
        {"text": "", "HtmlBody": "<p> </p>"},
        {"to": "reply@in.nejemi1.example"},
        {"to": f"reply+{'a' * 40}@in.nejemi1.example"},
        {"to": "reply+ë@in.nejemi1.example"},
    ],
)
def test_what_is_no_reply_of_this_person_is_not_kept(enquiry, case):
    assert bring_in(enquiry, **case) == (200, [])
    assert not Submission.objects.exists()


def test_a_reply_from_another_mailbox_is_not_kept_and_staff_see_that_it_came(enquiry, admin_client, mail_server):
    enquiry.answer("You can talk to us on Tuesday.", None)
    assert bring_in(enquiry, sender="tjeter@gazeta-shembull.al") == (200, [])
    assert not Submission.objects.exists() and Enquiry.objects.waiting().get() == enquiry
    run_worker()
    assert mail_server.recipients == [SENDER], "a stranger learns nothing"
    path, words = f"/admin/pledges/enquiry/{enquiry.pk}/change/", "a reply came from another mailbox"
    shown = admin_client.get(path, headers={"accept-language": "en"}).text
    assert words in shown and "tjeter@" not in shown
    enquiry.answer("Please reply from the address that you gave us.", None)
    assert words not in admin_client.get(path, headers={"accept-language": "en"}).text


def test_many_replies_at_once_are_put_off(enquiry):
    statuses = [bring_in(enquiry, f"{TEXT} {number}")[0] for number in range(12)]
    assert statuses == [200] * 10 + [429] * 2 and Enquiry.objects.filter(first_id=enquiry.pk).count() == 10


def test_a_reply_address_is_for_one_enquiry(enquiry):
    address = links.reply_address(enquiry)
    local, _, token = address.partition("@")[0].partition("+")
    other = "b" if token[0] == "a" else "a"
    assert links.row_id_of_reply(address) == enquiry.pk
    assert links.row_id_of_reply(f"{local}+{other}{token[1:]}@in.nejemi1.example") is None


def test_attachments_are_not_kept_and_a_large_mail_arrives(enquiry):
    attachment = {"Name": "a.png", "ContentType": "image/png", "Content": "QUJD" * 200_000}
    status, [further] = bring_in(enquiry, Attachments=[attachment])
    assert status == 200 and further.text == TEXT and not further._meta.many_to_many


def test_html_alone_is_read_as_text_and_a_disclosure_goes_to_the_lead(enquiry):
    status, [further] = bring_in(enquiry, "", HtmlBody=f"<p>{DISCLOSURE['en']}</p><script>x</script>")
    assert status == 200 and further.text.startswith(DISCLOSURE["en"]) and "<" not in further.text
    assert [each.pk for each in Disclosure.objects.all()] == [further.pk]


def test_a_mail_without_the_secret_or_of_an_unknown_provider_is_refused(enquiry):
    assert bring_in(enquiry, authorization="Basic eDp5") == (403, [])
    assert bring_in(enquiry, authorization=None) == (403, [])
    assert post("sendgrid", {}, what="replies") == 404
    assert Client().post("/mail-replies/mailgun/", {"x": "y"}, headers={"authorization": BASIC}).status_code == 403
