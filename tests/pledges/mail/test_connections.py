"""Connections to the mail server: reused, replaced when the server ends them, and given up when it fails."""

import contextlib

import pytest
from django.core.mail import EmailMessage

from pledges.mail.connections import MESSAGES_PER_CONNECTION, Connection
from pledges.models import Message
from tests.clock import let_time_pass
from tests.factories import make_pledge, send_messages
from tests.pledges.mail.test_sending import HOUR, MINUTE

pytestmark = pytest.mark.django_db


def queue_messages(count):
    return [Message.queue("confirm", make_pledge()) for _ in range(count)]


def states():
    return set(Message.objects.values_list("state", "attempts"))


def test_many_messages_share_a_connection(mail_server):
    queue_messages(30)
    send_messages()
    assert len(mail_server.accepted) == 30 and mail_server.connections == 1


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
    assert states() == {("sent", 1)} and mail_server.connections == 3
    assert len(mail_server.accepted) == 7


@pytest.mark.parametrize(
    "replies", [{"EHLO": None}, {"MAIL": "421 closing"}, {"MAIL": "550 we do not know you"}, {"RCPT": None}]
)
def test_a_failing_server_costs_one_message_an_attempt_and_the_others_none(mail_server, replies):
    mail_server.replies = replies
    queue_messages(30)
    send_messages()
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [0] * 29 + [1]
    mail_server.replies = {}
    send_messages()
    assert len(mail_server.accepted) == 29, "those without an attempt are still due"
    let_time_pass(MINUTE)
    send_messages()
    assert len(mail_server.accepted) == 30


def test_a_wrong_password_closes_the_connection(mail_server, settings):
    settings.MAILERS = mail_server.mailers(username="weare1", password="wrong")
    mail_server.replies = {"EHLO": "250-mail.shembull.al\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 wrong password"}
    queue_messages(1)
    for _ in range(3):
        send_messages()
        let_time_pass(HOUR)
    assert mail_server.connections == 3 and not mail_server.open_connections
