"""Replies to our answers: a provider brings the mail in, and it becomes the next message of the enquiry."""

import json

import pytest
from django.core import mail
from django.test import Client

from pledges.crypto import reply_addresses
from pledges.models import Disclosure, Enquiry, Submission
from tests.enquiries import DISCLOSURE, make_enquiry
from tests.factories import run_worker, settle_all
from tests.pledges.returns.test_returns import BASIC, KEY, SECRET

pytestmark = pytest.mark.django_db
SENDER = "zamira@gazeta-shembull.al"
TEXT = "Hello, can we also film the meeting of the movement on Tuesday?"


@pytest.fixture(autouse=True)
def provider(settings):
    """A provider that sends, and brings replies in."""
    settings.MAILERS = settings.MAILERS | {
        "first": {"BACKEND": "anymail.backends.postmark.EmailBackend", "OPTIONS": {"server_token": "x"}},
        "second": {"BACKEND": "anymail.backends.mailgun.EmailBackend", "OPTIONS": {"api_key": "x"}},
    }
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "INBOUND_ADDRESS": "reply@in.nejemi1.example"}
    settings.ANYMAIL["MAILGUN_WEBHOOK_SIGNING_KEY"] = KEY


@pytest.fixture
def enquiry():
    return make_enquiry(address=SENDER, language="en")


def bring_in(enquiry, text=TEXT, sender=SENDER, to=None, headers=(), authorization=BASIC, **fields):
    """The status of the answer to a mail that Postmark brings in, and the messages that came of it."""
    body = {
        "FromFull": {"Email": sender, "Name": "Zamira"},
        "ToFull": [{"Email": to or reply_addresses.address_of(enquiry), "Name": ""}],
        "Subject": "Re: Our answer",
        "TextBody": text,
        "Headers": [{"Name": name, "Value": value} for name, value in headers],
        **fields,
    }
    headers = {"authorization": authorization} if authorization else {}
    path = "/mail-replies/postmark/"
    status = Client().post(path, json.dumps(body), content_type="application/json", headers=headers).status_code
    settle_all()
    return status, list(Enquiry.objects.filter(first_id=enquiry.pk))


def test_a_reply_leads_into_the_same_enquiry(enquiry, settings):
    enquiry.answer("You can talk to us on Tuesday.", None)
    run_worker()
    [sent] = mail.outbox
    [reply_to] = sent.reply_to
    assert reply_to == reply_addresses.address_of(enquiry) and len(reply_to.partition("@")[0]) <= 64
    quoted = f"{TEXT}\n\nOn Tuesday We are 1 <{settings.SENDER}> wrote:\n> You can talk to us on Tuesday.\nHello."
    status, [further] = bring_in(enquiry, quoted, sender=SENDER.upper(), to=reply_to.upper(), MessageID="1")
    assert status == 200 and (further.text, further.address) == (TEXT, SENDER)
    assert (further.purpose, further.language, further.state) == ("press", "en", "new")
    # The provider repeats what it is not sure about.
    assert len(bring_in(enquiry, quoted, MessageID="1")[1]) == 1


def test_without_a_mailbox_for_replies_they_go_to_the_sender(enquiry, settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    enquiry.answer("You can talk to us on Tuesday.", None)
    run_worker()
    assert mail.outbox[0].reply_to == []


@pytest.mark.parametrize(
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


def test_a_reply_from_another_mailbox_is_not_kept_and_staff_see_that_it_came(enquiry, admin_client):
    enquiry.answer("You can talk to us on Tuesday.", None)
    assert bring_in(enquiry, sender="tjeter@gazeta-shembull.al") == (200, [])
    assert not Submission.objects.exists() and Enquiry.objects.waiting().get() == enquiry
    run_worker()
    assert [sent.to for sent in mail.outbox] == [[SENDER]], "a stranger learns nothing"
    path, words = f"/admin/pledges/enquiry/{enquiry.pk}/change/", "a reply came from another mailbox"
    shown = admin_client.get(path, headers={"accept-language": "en"}).text
    assert words in shown and "tjeter@" not in shown
    enquiry.answer("Please reply from the address that you gave us.", None)
    assert words not in admin_client.get(path, headers={"accept-language": "en"}).text


def test_many_replies_at_once_are_put_off(enquiry):
    statuses = [bring_in(enquiry, f"{TEXT} {number}")[0] for number in range(12)]
    assert statuses == [200] * 10 + [429] * 2 and Enquiry.objects.filter(first_id=enquiry.pk).count() == 10


def test_a_reply_address_is_for_one_enquiry(enquiry):
    address = reply_addresses.address_of(enquiry)
    local, _, token = address.partition("@")[0].partition("+")
    other = "b" if token[0] == "a" else "a"
    assert reply_addresses.row_id_of(address) == enquiry.pk
    assert reply_addresses.row_id_of(f"{local}+{other}{token[1:]}@in.nejemi1.example") is None


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
    assert Client().post("/mail-replies/sendgrid/", headers={"authorization": BASIC}).status_code == 404
    unsigned = Client().post("/mail-replies/mailgun/", {"x": "y"}, headers={"authorization": BASIC})
    assert unsigned.status_code == 403
