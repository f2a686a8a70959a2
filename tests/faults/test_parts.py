"""Processes, the mail server, keys and the clock fail while a crowd signs, confirms and withdraws."""

import glob
import os
import signal
import time

import pytest

from pledges.serving.snapshot import FORMS_CLOSED_SECONDS
from tests.drill import require, rounds
from tests.faults.crowd import VISITORS, Crowd
from tests.keys import new_key


@pytest.fixture
def slow_mail(machine):
    """A mail server that takes a moment for each message, so that a kill interrupts the sending of some."""
    machine.mail.delay = 0.2


@pytest.mark.drill
def test_worker_gunicorn_and_postgresql_are_killed(machine, slow_mail):
    """`pg_ctl stop -m immediate` ends all its processes without a checkpoint. It is started again, as its unit does."""
    kills = rounds(2, 6)
    with Crowd(machine) as crowd:
        for number in range(kills):
            crowd.wait_for_more("confirm", 4)
            machine.kill_worker()
            time.sleep(number % 4 / 10)
        crowd.wait_for_more("confirm", 4)
        assert set(crowd.statuses()) <= {200, 303, 422}, machine.site.errors()
        for _ in range(kills):
            machine.run_postgresql("stop", "--mode", "immediate")
            machine.wait_for_alarm("database")
            assert machine.fetch("/en/")[0] == machine.fetch("/en/help/")[0] == 200
            # Each process looks once a second, on a busy machine later.
            machine.wait_until(lambda: machine.fetch("/en/pledge/")[0] == 503)
            machine.cluster.start()
            crowd.wait_for_more("confirm", 4)
        # Processes keep their forms closed after a refused write.
        time.sleep(FORMS_CLOSED_SECONDS)
        closed = crowd.statuses()[503]
        for _ in range(kills):
            # The site may still be starting again after the kill before.
            os.kill(machine.wait_until(machine.site.children)[0], signal.SIGKILL)
            crowd.wait_for_more("confirm", 4)
            machine.site.kill()
            crowd.wait_for_more("confirm", 4)
        assert crowd.statuses()[503] == closed
    # Each kill of the worker or of PostgreSQL may interrupt the sending of the same message once.
    crowd.settle_down(most_copies=1 + 2 * kills)


@pytest.mark.drill(only=True)
def test_a_process_of_postgresql_is_killed(machine, slow_mail):
    """The server then ends all connections and recovers by itself."""
    with Crowd(machine) as crowd:
        for _ in range(3):
            crowd.wait_for_more("confirm", 4)
            [(pid,)] = machine.query(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1"
            )
            os.kill(pid, signal.SIGKILL)
        crowd.wait_for_more("confirm", 4)
    crowd.settle_down()


@pytest.mark.drill(only=True)
def test_no_worker_runs(machine):
    """Its unit was stopped, for example. Visitors sign, and get their message when it runs again."""
    with Crowd(machine) as crowd:
        crowd.wait_for_more("confirm", 4)
        machine.worker.stop()
        signed = crowd.number_of("sign")
        crowd.wait_for_more("sign", 4)
        machine.let_time_pass(180)
        machine.wait_for_alarm("worker")
        machine.wait_for_alarm("submissions")
        assert crowd.number_of("sign") > signed
        machine.worker.start()
        crowd.wait_for_more("confirm", 4)
    crowd.settle_down()


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


def restart_with(machine, sentence, **variables):
    """Restart site and worker with these variables: neither starts, and both say why."""
    machine.variables = variables
    try:
        for service in (machine.site, machine.worker):
            service.stop()
            told = service.log.read_text().count(sentence)
            service.start()
            machine.wait_until(lambda: service.log.read_text().count(sentence) > told)  # noqa: B023
        assert machine.wrong() == ["no answer"]
    finally:
        machine.variables = {}


# In development a missing key is generated.
PRODUCTION = {
    "DEV": "",
    "SITE_URL": "https://nejemi1.example",
    "DJANGO_SECRET_KEYS": new_key(),
    "FIELD_KEYS": new_key(),
}


@pytest.mark.drill(only=True)
@pytest.mark.parametrize(
    ("sentence", "variables"),
    [
        (
            "FIELD_KEYS lists no key of this database: put back the key that its data were written with.",
            {"FIELD_KEYS": new_key()},
        ),
        ("Set DIGEST_KEYS: one or more keys", PRODUCTION | {"DIGEST_KEYS": ""}),
    ],
)
def test_a_key_is_wrong_or_missing(machine, sentence, variables):
    with Crowd(machine) as crowd:
        crowd.wait_for_more("confirm", 4)
        restart_with(machine, sentence, **variables)
        for service in (machine.site, machine.worker):
            service.restart()
        machine.wait_for_health()
        crowd.wait_for_more("confirm", 4)
    crowd.settle_down()


LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"
HOUR = 3600


@pytest.fixture(scope="module")
def clock(running_machine):
    """A function that sets the clock of the site, the worker and PostgreSQL, in seconds relative to the right time."""
    machine = running_machine
    [library] = require(glob.glob(LIBRARY), "libfaketime is missing: apt-get install faketime")[:1]
    file = machine.folder / "clock"

    def set_clock(seconds):
        file.write_text(f"{seconds:+d}\n")

    set_clock(0)
    machine.variables = {
        "LD_PRELOAD": library,
        "FAKETIME_TIMESTAMP_FILE": str(file),
        # Seconds after which a process reads the file again.
        "FAKETIME_CACHE_DURATION": "1",
        # As in reality, setting the clock moves neither the monotonic clock nor the times of files.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }
    _restart(machine, machine.variables)
    yield set_clock
    set_clock(0)
    machine.variables = {}
    _restart(machine, {})


def _restart(machine, variables):
    """Restart everything; PostgreSQL inherits these variables."""
    machine.cluster.stop()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        machine.cluster.start()
    machine.site.restart()
    machine.worker.restart()
    machine.wait_for_health()
    assert os.environ.get("LD_PRELOAD") is None


@pytest.mark.drill(only=True)
@pytest.mark.parametrize("hours", [-2, 3 * 24])
def test_the_clock_is_wrong_for_a_while(machine, clock, hours):
    """Nothing is restarted when it is right again."""
    with Crowd(machine) as crowd:
        crowd.wait_for_more("confirm", 4)
        clock(hours * HOUR)
        # The worker looks every 30 seconds. A jump that is over sooner stays unnoticed.
        machine.wait_until(lambda: machine.query("SELECT 1 FROM pledges_heartbeat WHERE NOT is_clock_steady"), 90)
        machine.wait_for_alarm("clock")
        # Everything goes on by the wrong time.
        crowd.wait_for_more("confirm", 8)
        clock(0)
        crowd.wait_for_more("confirm", 8)
        # The messages of those who signed by the wrong time are not waiting until it has come.
        machine.wait_until(lambda: machine.owed() <= VISITORS, 90)
    crowd.settle_down()
