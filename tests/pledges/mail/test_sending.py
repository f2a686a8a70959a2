"""Sending: at least once, retried for three days, in the supporter's language, without personal data in logs (story 19)."""

import re
import socket
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db import connection
from django.utils import timezone, translation

from pledges import housekeeping
from pledges.models import Message, Pledge
from pledges.supporters.querysets import KEEP_PERIOD
from tests.clock import let_time_pass
from tests.factories import form_data, links_in, make_pledge, run_worker
from tests.smtp import MailServer

pytestmark = pytest.mark.django_db

NAME, ADDRESS = "Përparim Xhemalçeli", "perparim.xhemalceli@shembull.al"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def mail_server_down(settings):
    """MAILERS point at a port without a listener."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        mail_server = MailServer()
        mail_server.server_close()
        settings.MAILERS = mail_server.mailers(port=taken.getsockname()[1])
        yield


def queue_message(kind=Message.Kind.CONFIRM, **pledge):
    return Message.queue(kind, make_pledge(NAME, ADDRESS, **pledge))


def attempts(message):
    message.refresh_from_db()
    return message.attempts


@pytest.mark.slow
def test_19_messages_of_an_hour_without_mail_server_are_sent_afterwards(client, settings, mail_server_down):
    addresses = [f"prind{number}@shembull.al" for number in range(5)]
    for address in addresses:
        assert client.post("/sq/zotimi/", form_data(email=address)).status_code == 303
    for _ in range(12):
        run_worker()
        let_time_pass(5 * MINUTE)
    assert Message.objects.queued().count() == 5
    with MailServer() as mail_server:
        settings.MAILERS = mail_server.mailers()
        for _ in range(4):
            let_time_pass(30 * MINUTE)
            run_worker()
        assert sorted(mail_server.recipients) == addresses
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    assert {message.sent_at is not None for message in Message.objects.all()} == {True}


@pytest.mark.slow
def test_19_a_message_is_retried_after_1_5_30_minutes_2_hours_then_every_6_hours_for_three_days(mail_server_down):
    message = queue_message()
    waits = []
    while message.state == Message.State.QUEUED:
        run_worker()
        run_worker()  # not due yet
        assert attempts(message) == len(waits) + 1
        wait = message.due_at - timezone.now()
        waits.append(round(wait / MINUTE))
        let_time_pass(wait + timedelta(seconds=1))
    # No retry follows the last wait.
    assert waits[:-1] == [1, 5, 30, 2 * 60] + [6 * 60] * 11
    assert message.state == Message.State.FAILING
    assert list(Message.objects.failing()) == [message]
    let_time_pass(timedelta(days=1))
    run_worker()
    assert attempts(message) == len(waits)


REFUSALS = {
    "no such mailbox": ({"RCPT": "550 5.1.1 <{address}>: no such user, says {address}"}, "SMTPRecipientsRefused 550"),
    "unwanted message": ({"DATA": "554 5.7.1 spam for {address}"}, "SMTPDataError 554"),
}
FAILURES = {
    "mailbox is busy": ({"RCPT": "451 4.2.0 <{address}> is greylisted"}, "SMTPRecipientsRefused 451"),
    "disk is full": ({"DATA": "452 4.3.1 no room for {address}"}, "SMTPDataError 452"),
    "server goes away": ({"MAIL": "421 4.3.2 good bye"}, "SMTPSenderRefused 421"),
    "server hangs up": ({"RCPT": None}, "SMTPServerDisconnected"),
    "server hangs up after the message": ({"DATA": None}, "SMTPServerDisconnected"),
    "our address is refused": ({"MAIL": "550 5.7.1 we do not know you"}, "SMTPSenderRefused 550"),
}


@pytest.mark.parametrize(("replies", "error"), REFUSALS.values(), ids=REFUSALS)
def test_a_permanent_error_is_not_retried(mail_server, replies, error):
    message = queue_message()
    mail_server.replies = replies
    run_worker()
    assert attempts(message) == 1
    assert (message.state, message.error) == (Message.State.REFUSED, error)
    mail_server.replies = {}
    let_time_pass(timedelta(days=1))
    run_worker()
    assert attempts(message) == 1 and mail_server.accepted == []
    assert list(Message.objects.failing()) == [message]


@pytest.mark.parametrize(("replies", "error"), FAILURES.values(), ids=FAILURES)
def test_a_temporary_error_is_retried(mail_server, replies, error):
    message = queue_message()
    mail_server.replies = replies
    run_worker()
    assert attempts(message) == 1
    assert (message.state, message.error) == (Message.State.QUEUED, error)
    mail_server.replies = {}
    let_time_pass(MINUTE)
    run_worker()
    assert attempts(message) == 2
    assert (message.state, message.error, mail_server.recipients) == (Message.State.SENT, "", [ADDRESS])


@pytest.mark.parametrize("reply", ["535 5.7.8 wrong password", "530 5.7.0 sign in first", "454 4.7.0 later"])
def test_an_authentication_error_is_retried(mail_server, settings, reply):
    settings.MAILERS = mail_server.mailers(username="weare1", password="wrong")
    message = queue_message()
    mail_server.replies = {"EHLO": "250-mail.shembull.al\r\n250 AUTH PLAIN", "AUTH": reply}
    run_worker()
    assert attempts(message) == 1
    assert (message.state, message.error) == (Message.State.QUEUED, f"SMTPAuthenticationError {reply[:3]}")
    mail_server.replies.pop("AUTH")
    let_time_pass(MINUTE)
    run_worker()
    assert mail_server.recipients == [ADDRESS]


def test_a_connection_lost_after_acceptance_sends_no_second_copy(mail_server):
    message = queue_message()
    mail_server.replies = {"QUIT": None}
    run_worker()
    let_time_pass(HOUR)
    run_worker()
    assert attempts(message) == 1 and mail_server.recipients == [ADDRESS]


def test_an_address_that_smtp_cannot_encode_is_retried_and_not_logged(mail_server, caplog):
    """Django's validation accepts ſ (a long s), which SMTP without SMTPUTF8 cannot send."""
    message = Message.queue(Message.Kind.CONFIRM, make_pledge(NAME, "perparim.ſ@shembull.al"))
    run_worker()
    assert attempts(message) == 1
    assert message.state == Message.State.QUEUED and "ſ" not in message.error + caplog.text


def test_the_message_of_an_erased_pledge_is_not_sent(mail_server):
    queue_message()
    Pledge.objects.all().delete()
    run_worker()
    assert mail_server.accepted == []


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("confirm", "confirmed"),
        ("reminder", "confirmed"),
        ("counted", "invalidated"),
        ("already", "pending"),
        ("new_address", "confirmed"),
    ],
)
def test_an_outdated_message_is_not_sent(mail_server, kind, state):
    queue_message(kind, state=state)
    run_worker()
    assert mail_server.accepted == [] and not Message.objects.exists()


@pytest.mark.parametrize("verdict", ["a later message is sent", "three days"])
def test_13_the_last_message_is_erased_when_it_is_certain_that_the_mailbox_refuses_it(mail_server, verdict):
    make_pledge(NAME, ADDRESS, state="confirmed").withdraw()
    mail_server.replies = REFUSALS["no such mailbox"][0]
    run_worker()
    housekeeping.erase_messages()
    assert Message.objects.get().address == ADDRESS, "the mail server may refuse all messages"
    if verdict == "three days":
        let_time_pass(timedelta(days=3))
    else:
        mail_server.replies = {}
        queue_message()
        run_worker()
    housekeeping.erase_messages()
    assert not Message.objects.filter(address_cipher__isnull=False).exists()


def messages_and_log(caplog):
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(m::text, ' ') FROM pledges_message m")
        return cursor.fetchone()[0] + caplog.text


@pytest.mark.parametrize("replies", [*(a for a, _ in REFUSALS.values()), *(a for a, _ in FAILURES.values()), {}])
def test_errors_and_logs_have_no_personal_data(mail_server, replies, caplog):
    caplog.set_level("INFO")
    mail_server.replies = replies
    queue_message()
    make_pledge(NAME, f"tjeter.{ADDRESS}", state="confirmed").withdraw()
    for _ in range(3):
        run_worker()
        let_time_pass(HOUR)
    written = messages_and_log(caplog).casefold()
    assert "confirm" in written, "the messages are included"
    for secret in (*NAME.casefold().split(), ADDRESS, ADDRESS.split("@")[0]):
        assert secret not in written


def confirm(language):
    Message.queue(Message.Kind.CONFIRM, make_pledge(NAME, ADDRESS, language=language, updates=True))


def remind(language):
    make_pledge(NAME, ADDRESS, language=language)
    let_time_pass(timedelta(days=3, hours=1))
    assert housekeeping.remind() == 1


def counted(language):
    queue_message(Message.Kind.COUNTED, language=language, state="confirmed")


def already(language):
    queue_message(Message.Kind.ALREADY, language=language, state="confirmed")


def similar(language):
    make_pledge(NAME, ADDRESS, language=language, state="confirmed")
    Message.queue(Message.Kind.CONFIRM, make_pledge(f"{NAME}t", ADDRESS, language=language))


def ask_to_keep(language):
    make_pledge(NAME, ADDRESS, language=language, state="confirmed")
    let_time_pass(KEEP_PERIOD)
    assert housekeeping.ask_to_keep() == 1


def full(language):
    queue_message(Message.Kind.FULL, language=language, state="confirmed")


def send_links(language):
    make_pledge("Zana Xhemalçeli", ADDRESS, language=language)
    queue_message(Message.Kind.LINKS, language=language, state="confirmed")


def change_address(language):
    pledge = make_pledge(NAME, "tjeter@shembull.al", language=language, state="confirmed")
    pledge.set_new_address(ADDRESS)
    pledge.save()
    pledge.refresh_from_db()
    Message.queue(Message.Kind.NEW_ADDRESS, pledge)


def ask_for_change(language):
    pledge = make_pledge(NAME, ADDRESS, language=language, state="confirmed")
    pledge.set_new_address("tjeter@shembull.al")
    pledge.save()
    Message.queue(Message.Kind.MOVING, pledge)


def withdraw(language):
    make_pledge(NAME, ADDRESS, language=language, state="confirmed").withdraw()


OCCASIONS = {
    confirm: ["confirm", "block"],
    remind: ["confirm", "block"],
    counted: ["manage", "home", "pledged_picture"],
    already: ["manage"],
    similar: ["correct_name", "confirm"],
    ask_to_keep: ["keep", "end_emails"],
    full: ["manage"],
    send_links: ["confirm", "manage"],
    change_address: ["new_address", "block_new_address"],
    ask_for_change: ["stop_new_address"],
    withdraw: ["home"],
}
occasions = pytest.mark.parametrize(
    ("occasion", "purposes"), OCCASIONS.items(), ids=lambda value: getattr(value, "__name__", "")
)
# Words that reveal the subject matter to a bystander.
REVEALING = re.compile(
    r"dhun|abuz|seks|fëmij|femij|ngacm|viol|abuse|child|sex|harass|survivor|mbijet|betim|116", re.IGNORECASE
)


def sent_mail(mail_server, occasion, language):
    occasion(language)
    # The worker's active language must not matter.
    with translation.override("en" if language == "sq" else "sq"):
        run_worker()
    [mail] = mail_server.accepted
    return mail, mail.get_body(["plain"]).get_content(), mail.get_body(["html"]).get_content()


@occasions
def test_a_message_is_in_the_supporters_language_only_and_reveals_nothing(mail_server, occasion, purposes):
    sentences = []
    for language in ("sq", "en"):
        mail, text, html = sent_mail(mail_server, occasion, language)
        assert_in_language(language, mail, text, html, purposes)
        assert_reveals_nothing(language, mail, html)
        parts = [mail["Subject"], *re.split(r"\n+", text)]
        sentences.append({part for part in parts if part and "http" not in part})
        mail_server.accepted.clear()
        Pledge.objects.all().delete()
        let_time_pass(timedelta(minutes=2))
    assert sentences[0] and not sentences[0] & sentences[1]


def assert_in_language(language, mail, text, html, purposes):
    """Check that a mail has text and HTML in this language, with the links of these purposes and no other."""
    assert mail.get_content_type() == "multipart/alternative"
    assert mail["To"] == ADDRESS
    assert f'<html lang="{language}">' in html
    links = re.findall(re.escape(configured.SITE_URL) + r"(/\S+)", text)
    assert all(link.removeprefix("/pictures").startswith(f"/{language}/") for link in links)
    assert re.findall(r'href="([^"]+)"', html) == re.findall(r"https?://\S+", text)
    found = [purpose for purpose in purposes for _ in links_in(text, purpose)]
    assert sorted(found) == sorted(purposes) and len(links) == len(purposes)
    # It looks like us in both, and says who asks.
    for part in (text, html):
        assert {"sq": "Ne jemi 1", "en": "We are 1"}[language] in part and "CRCA/ECPAT" in part and "Barnahus" in part


def assert_reveals_nothing(language, mail, html):
    """Check that sender and subject tell a bystander nothing, and that opening the mail is not tracked."""
    sender = str(mail["From"])
    assert sender.startswith({"sq": "Ne jemi 1 <", "en": "We are 1 <"}[language])
    assert not REVEALING.search(str(mail["Subject"]))
    assert not re.search(r"dhun|abuz|seks|fëmij|femij|viol|abuse|child|sex", sender, re.IGNORECASE)
    assert NAME.split()[0] not in str(mail["Subject"])
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "<img" not in html and "<script" not in html and "url(" not in html and "@import" not in html


def test_a_name_and_a_link_survive_the_encodings_of_mail(mail_server, client):
    queue_message(Message.Kind.COUNTED, state="confirmed")
    run_worker()
    [mail] = mail_server.accepted
    text = mail.get_body(["plain"]).get_content()
    assert NAME in text and NAME in mail.get_body(["html"]).get_content()
    [path] = links_in(text, "manage")
    assert NAME in client.get(path).text
    assert Pledge.objects.confirmed().count() == 1
