"""The mail server fails while a crowd signs, confirms and withdraws. Visitors sign; their messages come later."""

import pytest

from tests.faults.crowd import Crowd


def fail_and_mend(machine, fault):
    """Let the mail server fail by this function for a while; check the alarm, and what is kept and sent."""
    with Crowd(machine) as crowd:
        crowd.wait_for_more("confirm", 2)
        fault()
        # More than the last 20, by which the mail server is judged.
        crowd.wait_for_more("sign", 40)
        for _ in range(3):
            # Longer than an outage may last without an alarm.
            machine.let_time_pass(1000)
            crowd.wait_for_more("sign", 2)
        machine.wait_for_alarm("mail", 60)
        machine.mend()
        confirmed = crowd.number_of("confirm")
        machine.wait_until(lambda: machine.retry_messages_now() or crowd.number_of("confirm") > confirmed + 10, 60)
    crowd.settle_down()
    assert crowd.statuses()[503] == 0, machine.site.errors()


@pytest.mark.drill(only=True)
def test_the_mail_server_refuses_connections(machine):
    fail_and_mend(machine, machine.mail_network.cut)


@pytest.mark.drill(only=True)
def test_the_mail_server_refuses_every_recipient(machine):
    fail_and_mend(machine, lambda: machine.mail.replies.update({"RCPT": "550 5.7.1 not from you"}))


@pytest.mark.drill(only=True)
def test_the_mail_server_refuses_every_message(machine):
    fail_and_mend(machine, lambda: machine.mail.replies.update({"DATA": "550 5.7.1 not from you"}))


@pytest.mark.drill(only=True)
def test_the_mail_server_does_not_answer(machine):
    fail_and_mend(machine, machine.mail_network.hold)


@pytest.mark.drill(only=True)
def test_the_mail_server_drops_the_connection_after_the_message(machine):
    fail_and_mend(machine, lambda: machine.mail.replies.update({"DATA": None}))


@pytest.mark.drill(only=True)
def test_the_mail_server_is_slow(machine):
    """Three seconds a message. Everyone gets one, later."""
    with Crowd(machine) as crowd:
        machine.mail.delay = 3
        crowd.wait_for_more("sign", 30)
        crowd.wait_for_more("confirm", 10)
        assert machine.wrong() == []
        machine.mend()
    crowd.settle_down()
    assert crowd.statuses()[503] == 0
