"""Messages: sent at least once, never for ever, in the supporter's language, and naming nobody on the way (story 19)."""

import re
import socket
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db import connection
from django.utils import timezone, translation
from django_tasks_db.models import DBTaskResult

from pledges import housekeeping
from pledges.models import Message, Pledge
from tests.clock import let_time_pass
from tests.factories import form_data, links_in, make_pledge, run_worker
from tests.smtp import MailServer

pytestmark = pytest.mark.django_db

NAME, ADDRESS = "Përparim Xhemalçeli", "perparim.xhemalceli@shembull.al"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def server(settings):
    with MailServer() as server:
        settings.MAILERS = server.mailers()
        yield server


@pytest.fixture
def nobody_listens(settings):
    """The mail server is down: nothing accepts connections on its port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        server = MailServer()
        server.server_close()
        settings.MAILERS = server.mailers(port=taken.getsockname()[1])
        yield


def queue(kind=Message.Kind.CONFIRM, **pledge):
    return Message.queue(kind, make_pledge(NAME, ADDRESS, **pledge))


def attempts(message):
    message.refresh_from_db()
    return message.attempts


# Retries


def test_19_the_mail_server_is_down_an_hour_everyone_reads_check_your_inbox_and_every_message_goes_out_after(
    client, settings, nobody_listens
):
    addresses = [f"prind{number}@shembull.al" for number in range(5)]
    for address in addresses:
        assert client.post("/sq/zotimi/", form_data(email=address)).status_code == 303
    for _ in range(12):
        run_worker()
        let_time_pass(5 * MINUTE)
    assert Message.objects.queued().count() == 5
    with MailServer() as server:
        settings.MAILERS = server.mailers()
        for _ in range(4):
            let_time_pass(30 * MINUTE)
            run_worker()
        assert sorted(server.recipients) == addresses
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    assert {message.sent_at is not None for message in Message.objects.all()} == {True}


def test_an_unsent_message_is_tried_after_1_5_30_minutes_2_hours_then_every_6_hours_for_three_days(nobody_listens):
    message = queue()
    waits = []
    while message.state == Message.State.QUEUED:
        run_worker()
        run_worker()  # not due yet: nothing happens
        assert attempts(message) == len(waits) + 1
        wait = message.due_at - timezone.now()
        waits.append(round(wait / MINUTE))
        let_time_pass(wait + timedelta(seconds=1))
    # The last is not awaited: it is over.
    assert waits[:-1] == [1, 5, 30, 2 * 60] + [6 * 60] * 11
    assert message.state == Message.State.FAILING
    assert list(Message.objects.failing()) == [message]
    let_time_pass(timedelta(days=1))
    housekeeping.enqueue_lost_messages()
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


@pytest.mark.parametrize(("answers", "error"), REFUSALS.values(), ids=REFUSALS)
def test_a_final_refusal_ends_at_once(server, answers, error):
    message = queue()
    server.answers = answers
    run_worker()
    assert attempts(message) == 1
    assert (message.state, message.error) == (Message.State.REFUSED, error)
    server.answers = {}
    let_time_pass(timedelta(days=1))
    housekeeping.enqueue_lost_messages()
    run_worker()
    assert attempts(message) == 1 and server.taken == []
    assert list(Message.objects.failing()) == [message]


@pytest.mark.parametrize(("answers", "error"), FAILURES.values(), ids=FAILURES)
def test_a_passing_failure_is_tried_again(server, answers, error):
    message = queue()
    server.answers = answers
    run_worker()
    assert attempts(message) == 1
    assert (message.state, message.error) == (Message.State.QUEUED, error)
    server.answers = {}
    let_time_pass(MINUTE)
    run_worker()
    assert attempts(message) == 2
    assert (message.state, message.error, server.recipients) == (Message.State.SENT, "", [ADDRESS])


@pytest.mark.parametrize("answer", ["535 5.7.8 wrong password", "530 5.7.0 sign in first", "454 4.7.0 later"])
def test_a_fault_of_our_own_sign_in_is_never_final(server, settings, answer):
    settings.MAILERS = server.mailers(username="weare1", password="wrong")
    message = queue()
    server.answers = {"EHLO": "250-mail.shembull.al\r\n250 AUTH PLAIN", "AUTH": answer}
    run_worker()
    assert attempts(message) == 1
    assert (message.state, message.error) == (Message.State.QUEUED, f"SMTPAuthenticationError {answer[:3]}")
    server.answers.pop("AUTH")
    let_time_pass(MINUTE)
    run_worker()
    assert server.recipients == [ADDRESS]


def test_a_server_that_hangs_up_after_taking_the_message_does_not_get_it_twice(server):
    message = queue()
    server.answers = {"QUIT": None}
    run_worker()
    let_time_pass(HOUR)
    run_worker()
    assert attempts(message) == 1 and server.recipients == [ADDRESS]


def test_an_address_that_cannot_be_written_to_is_given_up_in_time_and_named_nowhere(server, caplog):
    """The check of addresses lets pass what no mail server takes, such as ſ (a long s)."""
    message = Message.queue(Message.Kind.CONFIRM, make_pledge(NAME, "perparim.ſ@shembull.al"))
    run_worker()
    assert attempts(message) == 1
    assert message.state == Message.State.QUEUED and "ſ" not in message.error + caplog.text


# Nothing is lost, nothing is sent twice


def test_19_a_task_that_died_in_the_middle_is_done_again(server):
    message = queue()
    # kill -9 of the worker: the task stays "running" for ever.
    DBTaskResult.objects.get().claim("killed")
    let_time_pass(MINUTE)
    assert housekeeping.enqueue_lost_messages() == 0, "it may be under way still"
    let_time_pass(2 * MINUTE)
    assert housekeeping.enqueue_lost_messages() == 1
    assert housekeeping.enqueue_lost_messages() == 0, "one that waits is enough"
    run_worker()
    assert attempts(message) == 1 and server.recipients == [ADDRESS]


def test_19_a_task_that_was_lost_is_enqueued_again(server):
    queue()
    DBTaskResult.objects.all().delete()
    let_time_pass(3 * MINUTE)
    assert housekeeping.enqueue_lost_messages() == 1
    run_worker()
    assert server.recipients == [ADDRESS]


def test_a_message_enqueued_many_times_is_sent_once(server):
    message = queue()
    message.enqueue()
    message.enqueue()
    run_worker()
    message.enqueue()
    run_worker()
    assert attempts(message) == 1 and server.recipients == [ADDRESS]


def test_a_task_whose_message_is_gone_does_nothing(server):
    queue()
    Pledge.objects.all().delete()
    run_worker()
    assert server.taken == []


def test_a_worker_busy_with_a_message_that_waits_long_does_not_get_it_a_second_time(server):
    queue()
    let_time_pass(10 * MINUTE)
    assert housekeeping.enqueue_lost_messages() == 0
    run_worker()
    assert server.recipients == [ADDRESS]


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
def test_a_message_about_what_is_no_longer_so_is_not_sent(server, kind, state):
    queue(kind, state=state)
    run_worker()
    assert server.taken == [] and not Message.objects.exists()


# The last message


def test_13_the_last_message_takes_the_address_with_it(server):
    make_pledge(NAME, ADDRESS, state="confirmed").withdraw()
    assert not Pledge.objects.exists()
    assert Message.objects.get().address == ADDRESS
    run_worker()
    assert server.recipients == [ADDRESS]
    assert not Message.objects.exists()


def test_13_the_last_message_survives_an_outage_and_goes_when_it_is_given_up(nobody_listens):
    make_pledge(NAME, ADDRESS, state="confirmed").withdraw()
    run_worker()
    assert Message.objects.get().attempts == 1
    for _ in range(14):
        let_time_pass(6 * HOUR)
        run_worker()
    assert not Message.objects.exists()


def test_13_the_last_message_goes_when_it_is_refused(server):
    make_pledge(NAME, ADDRESS, state="confirmed").withdraw()
    server.answers = REFUSALS["no such mailbox"][0]
    run_worker()
    assert not Message.objects.exists()


# What is written down about sending


def everything_written_down(caplog):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT string_agg(t::text, ' ') FROM (SELECT t::text FROM {DBTaskResult._meta.db_table} t "
            "UNION ALL SELECT m::text FROM pledges_message m) t"
        )
        return cursor.fetchone()[0] + caplog.text


@pytest.mark.parametrize("answers", [*(a for a, _ in REFUSALS.values()), *(a for a, _ in FAILURES.values()), {}])
def test_no_error_task_or_log_names_the_supporter(server, answers, caplog):
    caplog.set_level("INFO")
    server.answers = answers
    queue()
    make_pledge(NAME, f"tjeter.{ADDRESS}", state="confirmed").withdraw()
    for _ in range(3):
        run_worker()
        let_time_pass(HOUR)
        housekeeping.enqueue_lost_messages()
    written = everything_written_down(caplog).casefold()
    assert "send_message" in written, "the tasks were looked at"
    for secret in (*NAME.casefold().split(), ADDRESS, ADDRESS.split("@")[0]):
        assert secret not in written
    assert {task.return_value for task in DBTaskResult.objects.all()} == {None}


# What is in them


def confirm(language):
    Message.queue(Message.Kind.CONFIRM, make_pledge(NAME, ADDRESS, language=language, updates=True))


def remind(language):
    make_pledge(NAME, ADDRESS, language=language)
    let_time_pass(timedelta(days=3, hours=1))
    assert housekeeping.remind() == 1


def counted(language):
    queue(Message.Kind.COUNTED, language=language, state="confirmed")


def already(language):
    queue(Message.Kind.ALREADY, language=language, state="confirmed")


def full(language):
    queue(Message.Kind.FULL, language=language, state="confirmed")


def send_links(language):
    make_pledge("Zana Xhemalçeli", ADDRESS, language=language)
    queue(Message.Kind.LINKS, language=language, state="confirmed")


def change_address(language):
    pledge = make_pledge(NAME, "tjeter@shembull.al", language=language, state="confirmed")
    pledge.set_new_address(ADDRESS)
    pledge.save()
    pledge.refresh_from_db()
    Message.queue(Message.Kind.NEW_ADDRESS, pledge)


def withdraw(language):
    make_pledge(NAME, ADDRESS, language=language, state="confirmed").withdraw()


OCCASIONS = {
    confirm: ["confirm", "block"],
    remind: ["confirm", "block"],
    counted: ["manage", "home"],
    already: ["manage"],
    full: ["manage"],
    send_links: ["confirm", "manage"],
    change_address: ["new_address", "block_new_address"],
    withdraw: ["home"],
}
occasions = pytest.mark.parametrize(
    ("occasion", "purposes"), OCCASIONS.items(), ids=lambda value: getattr(value, "__name__", "")
)
# What nobody who looks over a shoulder should read.
TELLING = re.compile(
    r"dhun|abuz|seks|fëmij|femij|ngacm|viol|abuse|child|sex|harass|survivor|mbijet|betim|pledg|zotim|116", re.IGNORECASE
)


def the_mail(server, occasion, language):
    occasion(language)
    # Whatever language the worker's thread was left in.
    with translation.override("en" if language == "sq" else "sq"):
        run_worker()
    [mail] = server.taken
    return mail, mail.get_body(["plain"]).get_content(), mail.get_body(["html"]).get_content()


@occasions
@pytest.mark.parametrize("language", ["sq", "en"])
def test_a_message_is_in_the_supporters_language_as_text_and_html(server, occasion, purposes, language):
    mail, text, html = the_mail(server, occasion, language)
    assert mail.get_content_type() == "multipart/alternative"
    assert mail["To"] == ADDRESS
    assert f'<html lang="{language}">' in html
    links = re.findall(re.escape(configured.SITE_URL) + r"(/\S+)", text)
    assert {link[:4] for link in links} == {f"/{language}/"}
    assert re.findall(r'href="([^"]+)"', html) == [configured.SITE_URL + link for link in links]
    as_sent = type("Mail", (), {"body": text})
    found = [purpose for purpose in purposes for _ in links_in(as_sent, purpose)]
    assert sorted(found) == sorted(purposes) and len(links) == len(purposes)


@occasions
@pytest.mark.parametrize("language", ["sq", "en"])
def test_a_message_is_neutral_to_whoever_sees_the_list_of_mails(server, occasion, purposes, language):
    mail, _text, html = the_mail(server, occasion, language)
    sender = str(mail["From"])
    assert sender.startswith("Ne jemi 1 <")
    assert not TELLING.search(str(mail["Subject"]))
    assert not re.search(r"dhun|abuz|seks|fëmij|femij|viol|abuse|child|sex", sender, re.IGNORECASE)
    assert NAME.split()[0] not in str(mail["Subject"])
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "<img" not in html and "<script" not in html and "url(" not in html, "nothing that tells us it was read"


@occasions
def test_no_sentence_of_a_message_is_the_same_in_both_languages(server, occasion, purposes):
    sentences = []
    for language in ("sq", "en"):
        mail, text, _html = the_mail(server, occasion, language)
        parts = [mail["Subject"], *re.split(r"\n+", text)]
        sentences.append({part for part in parts if part and "http" not in part} - {"Ne jemi 1"})
        server.taken.clear()
        Pledge.objects.all().delete()
    assert sentences[0] and not sentences[0] & sentences[1]


def test_a_name_and_a_link_survive_every_encoding_on_the_way(server, client):
    queue()
    run_worker()
    [mail] = server.taken
    text = mail.get_body(["plain"]).get_content()
    assert NAME in text and NAME in mail.get_body(["html"]).get_content()
    [path] = links_in(type("Mail", (), {"body": text}), "confirm")
    assert client.post(path).status_code == 200
    assert Pledge.objects.confirmed().count() == 1
