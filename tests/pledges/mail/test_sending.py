"""Sending: at least once, retried for three days, in the supporter's language, without personal data in logs (story 19)."""

import contextlib
import json
import re
import socket
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.core.mail import EmailMessage
from django.db import connection
from django.utils import timezone, translation

from pledges.mail import content
from pledges.mail.kinds import SPECS
from pledges.mail.sending import MESSAGES_PER_CONNECTION, Connection
from pledges.mail_texts.admin import sample_mail
from pledges.models import Message, MessageText, Pledge
from tests.clock import let_time_pass
from tests.factories import form_data, links_in, make_pledge, run_worker, send_messages
from tests.pledges.mail.messages import html_of, queue_messages
from tests.readiness import failing_checks

pytestmark = pytest.mark.django_db

NAME, ADDRESS = "Përparim Xhemalçeli", "perparim.xhemalceli@shembull.al"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
A_MINUTE = MINUTE + timedelta(seconds=1)
REFUSED = {"RCPT": "550 5.7.1 your network is on our list"}


def queue_message(kind=Message.Kind.CONFIRM, **pledge):
    return Message.queue(kind, make_pledge(NAME, ADDRESS, **pledge))


def attempts(message):
    message.refresh_from_db()
    return message.attempts


@pytest.mark.slow
def test_19_a_message_is_retried_after_1_5_30_minutes_2_hours_then_every_6_hours_for_three_days(mail_server):
    message = queue_message()
    mail_server.replies = {("RCPT", ADDRESS): "451 4.2.2 the mailbox is full"}
    waits = []
    while message.state == Message.State.QUEUED:
        # The server takes those of others.
        Message.queue(Message.Kind.CONFIRM, make_pledge())
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


@pytest.mark.slow
def test_19_while_the_server_is_away_or_takes_nothing_messages_are_kept_for_days(client, settings, mail_server):
    queue_messages(1)
    run_worker()
    with socket.socket() as taken:
        # It does not listen.
        taken.bind(("127.0.0.1", 0))
        here, away = settings.MAILERS, mail_server.mailers(port=taken.getsockname()[1])
        for number, (mailers, replies) in enumerate([(away, {}), (here, {"MAIL": "421 4.3.2 down"}), (here, REFUSED)]):
            settings.MAILERS, mail_server.replies = mailers, replies
            for each in range(2):
                form = form_data(email=f"prind{number}{each}@shembull.al")
                assert client.post("/sq/zotimi/", form).status_code == 303
            for _ in range(16):
                run_worker()
                let_time_pass(timedelta(hours=7))
            # The last message to someone, whose address would be held.
            make_pledge(state="confirmed").withdraw()
            for wait in (A_MINUTE, timedelta(minutes=6), HOUR):
                run_worker()
                let_time_pass(wait)
            assert Message.objects.queued().count() == 3
            assert min(Message.objects.filter(state="queued", kind="confirm").values_list("attempts", flat=True)) > 4
            settings.MAILERS, mail_server.replies = here, {}
            let_time_pass(timedelta(hours=7))
            run_worker()
            assert not Message.objects.exclude(state="sent").exists()
    assert len(mail_server.accepted) == 1 + 3 * 3


def test_a_refused_alarm_stays_and_is_listed_for_staff(mail_server, admin_client):
    Message.queue_last(Message.Kind.ALARM, "safeguarding@shembull.al", "sq")
    mail_server.replies = {("RCPT", "safeguarding@shembull.al"): "550 5.1.1 no such user"}
    page = "/admin/pledges/message/"
    for is_listed in (False, True):
        Message.queue(Message.Kind.CONFIRM, make_pledge())
        run_worker()
        let_time_pass(MINUTE + timedelta(seconds=1))
        assert ("SMTPRecipientsRefused 550" in admin_client.get(page).text) == is_listed
    alarm = Message.objects.get(kind="alarm")
    assert alarm.state == Message.State.REFUSED
    mail_server.replies = {}
    Message.objects.filter(pk=alarm.pk).send_again()
    run_worker()
    assert not Message.objects.filter(kind="alarm").exists()


FAILURES = [
    ({"RCPT": "451 4.2.0 <{address}> is greylisted"}, "SMTPRecipientsRefused 451"),
    # While the server takes no other message, it may refuse all of them.
    ({"RCPT": "550 5.1.1 <{address}>: no such user, says {address}"}, "SMTPRecipientsRefused 550"),
    ({"DATA": "452 4.3.1 no room for {address}"}, "SMTPDataError 452"),
    ({"MAIL": "421 4.3.2 good bye"}, "SMTPSenderRefused 421"),
    ({"RCPT": None}, "SMTPServerDisconnected"),
    ({"DATA": None}, "SMTPServerDisconnected"),
    ({"MAIL": "550 5.7.1 we do not know you"}, "SMTPSenderRefused 550"),
]


def test_a_failure_is_retried_and_neither_rows_nor_logs_quote_the_person(mail_server, caplog):
    caplog.set_level("INFO")
    for replies, error in FAILURES:
        message = queue_message()
        mail_server.replies = replies
        run_worker()
        assert attempts(message) == 1
        assert (message.state, message.error) == (Message.State.QUEUED, error)
        with connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(m::text, ' ') FROM pledges_message m")
            written = (cursor.fetchone()[0] + caplog.text).casefold()
        assert "confirm" in written, "the messages are included"
        assert not any(secret in written for secret in (*NAME.casefold().split(), ADDRESS, ADDRESS.split("@")[0]))
        mail_server.replies = {}
        let_time_pass(MINUTE)
        run_worker()
        assert attempts(message) == 2
        assert (message.state, message.error, mail_server.recipients) == (Message.State.SENT, "", [ADDRESS])
        Pledge.objects.all().delete()
        mail_server.accepted.clear()
        let_time_pass(timedelta(days=1))


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


def test_an_outdated_message_is_not_sent(mail_server):
    outdated = {"confirm": "confirmed", "reminder": "confirmed", "counted": "invalidated", "already": "pending"}
    for kind, state in (outdated | {"new_address": "confirmed"}).items():
        Message.queue(kind, make_pledge(state=state))
    run_worker()
    assert mail_server.accepted == [] and not Message.objects.exists()


# Words that reveal the subject matter to a bystander.
REVEALING = re.compile(
    r"dhun|abuz|seks|fëmij|femij|ngacm|viol|abuse|child|sex|harass|survivor|mbijet|betim|116", re.IGNORECASE
)


def test_every_message_is_in_one_language_leads_where_its_kind_says_and_reveals_nothing():
    for kind in content.starter():
        sentences = []
        for language, other, name in (("sq", "en", "Ne jemi 1"), ("en", "sq", "We are 1")):
            # The active language of the worker must not matter.
            with translation.override(other):
                mail = sample_mail(kind, MessageText.objects.words_in_use(kind, language), language)
            # An address ends before the comma of its sentence.
            html, text = html_of(mail), mail.body.replace(",", " ")
            paths = re.findall(re.escape(configured.SITE_URL) + r"(/\S+)", text)
            assert f'<html lang="{language}">' in html and paths, kind
            assert all(path.removeprefix("/pictures").startswith((f"/{language}/", "/admin/")) for path in paths), kind
            assert re.findall(r'href="([^"]+)"', html) == re.findall(r"http\S+", text), kind
            spec = SPECS[kind]
            for purpose in (spec.link_purpose, spec.second_purpose, spec.block_purpose or spec.end_purpose):
                assert purpose is None or len(links_in(text, purpose)) == 1, (kind, purpose)
            # It looks like us in both, and says who asks.
            assert all(name in part and "CRCA/ECPAT" in part and "Barnahus" in part for part in (mail.body, html))
            assert mail.from_email.startswith(f"{name} <") and mail.extra_headers["Auto-Submitted"] == "auto-generated"
            assert not REVEALING.search(mail.subject) and "Arta" not in mail.subject, kind
            assert not re.search("<img|<script|url\\(|@import", html), "opening the mail is not tracked"
            parts = [mail.subject, *re.split(r"\n+", mail.body)]
            sentences.append({part for part in parts if part and "http" not in part})
        assert sentences[0] and not sentences[0] & sentences[1], kind


def test_a_name_and_a_link_survive_the_encodings_of_mail(mail_server, client):
    queue_message(Message.Kind.COUNTED, state="confirmed")
    run_worker()
    [mail] = mail_server.accepted
    assert mail.get_content_type() == "multipart/alternative" and mail["To"] == ADDRESS
    text = mail.get_body(["plain"]).get_content()
    assert NAME in text and NAME in mail.get_body(["html"]).get_content()
    [path] = links_in(text, "manage")
    assert NAME in client.get(path).text


# A refusal is final once the server has taken another message meanwhile: else it may be a block of all that we send


def test_13_a_bad_mailbox_is_given_up_at_the_second_try_and_its_last_message_erased(client, mail_server):
    bad, *_others = queue_messages(3)
    make_pledge("Drita Kola", "keq@shembull.al", state="confirmed").withdraw()
    mail_server.replies = {("RCPT", address): REFUSED["RCPT"] for address in (bad.address, "keq@shembull.al")}
    run_worker()
    assert sorted(Message.objects.values_list("state", flat=True)) == ["queued"] * 2 + ["sent"] * 2
    for wait in (A_MINUTE, timedelta(days=1)):
        queue_messages(1)
        let_time_pass(wait)
        run_worker()
        assert list(Message.objects.failing()) == [bad]
    bad.refresh_from_db()
    assert (bad.state, bad.attempts, bad.error) == (Message.State.REFUSED, 2, "SMTPRecipientsRefused 550")
    assert not Message.objects.filter(address_cipher__isnull=False).exists() and failing_checks(client) == []


def test_each_mail_is_one_line_of_the_log_without_a_recipient(mail_server, caplog):
    caplog.set_level("INFO")
    mail_server.replies = {("RCPT", "keq@shembull.al"): REFUSED["RCPT"]}
    good = Message.queue("confirm", make_pledge("Drita Kola", "mire@shembull.al"))
    bad = Message.queue("confirm", make_pledge("Arben Kola", "keq@shembull.al"))
    run_worker()
    lines = [record.fields for record in caplog.records if record.message == "mail"]
    of_all = {"kind": "confirm", "attempt": 1}
    assert lines == [
        {"mail": str(good.pk), "outcome": "sent", **of_all},
        {"mail": str(bad.pk), "outcome": "queued", "error": "SMTPRecipientsRefused 550", **of_all},
    ]
    assert "shembull" not in json.dumps(lines)


# Connections to the mail server: reused, replaced when the server ends them, and given up when it fails


def test_a_connection_is_replaced_after_a_hundred_messages(mail_server):
    with contextlib.closing(Connection()) as server:
        for _ in range(MESSAGES_PER_CONNECTION + 1):
            server.send(EmailMessage("A line", "A text", to=["arta@shembull.al"]))
    assert len(mail_server.accepted) == 101 and mail_server.connections == 2


def test_a_connection_that_the_server_closed_costs_no_attempt(mail_server):
    with contextlib.closing(Connection()) as server:
        for message in queue_messages(2):
            assert message.attempt(server) is None
            mail_server.hang_up()
    assert len(mail_server.accepted) == 2 and mail_server.connections == 2


def test_a_server_that_limits_the_messages_of_a_connection_costs_no_attempt(mail_server):
    mail_server.messages_per_connection = 3
    queue_messages(7)
    send_messages()
    assert set(Message.objects.values_list("state", "attempts")) == {("sent", 1)} and mail_server.connections == 3
    assert len(mail_server.accepted) == 7


def test_a_failing_server_costs_one_message_an_attempt_and_the_others_none(mail_server):
    mail_server.replies = {"MAIL": "421 closing"}
    queue_messages(10)
    send_messages()
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [0] * 9 + [1]
    mail_server.replies = {}
    send_messages()
    assert len(mail_server.accepted) == 9, "those without an attempt are still due"
    let_time_pass(MINUTE)
    send_messages()
    assert len(mail_server.accepted) == 10
