"""The mail server fails while a crowd signs, confirms and withdraws. Visitors sign; their messages come later."""

import pytest

from tests.faults.crowd import Crowd

# {what the mail server does: how it is made to}
FAULTS = {
    "refuses connections": lambda machine: machine.mail_network.cut(),
    "refuses every recipient": lambda machine: machine.mail.replies.update({"RCPT": "550 5.7.1 not from you"}),
    "refuses every message": lambda machine: machine.mail.replies.update({"DATA": "550 5.7.1 not from you"}),
    "does not answer": lambda machine: machine.mail_network.hold(),
    "drops the connection after the message": lambda machine: machine.mail.replies.update({"DATA": None}),
}


@pytest.mark.drill(only=True)
@pytest.mark.parametrize("fault", FAULTS)
def test_the_mail_server_fails_and_all_messages_come_later(machine, fault):
    with Crowd(machine) as crowd:
        crowd.wait_for_more("confirm", 2)
        FAULTS[fault](machine)
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
