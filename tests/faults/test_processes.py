"""Processes are killed while a crowd signs, confirms and withdraws."""

import os
import signal
import time

import pytest

from tests.drill import rounds
from tests.faults.crowd import Crowd

# Seconds
SECONDS_WITHOUT_DATABASE = 2


@pytest.fixture
def slow_mail(machine):
    """A mail server that takes a moment for each message, so that a kill interrupts the sending of some."""
    machine.mail.delay = 0.2


@pytest.mark.drill
def test_the_worker_is_killed(machine, slow_mail):
    kills = rounds(2, 6)
    with Crowd(machine) as crowd:
        for number in range(kills):
            crowd.wait_for_more("confirm", 4)
            machine.kill_worker()
            time.sleep(number % 4 / 10)
    # Each kill may interrupt the sending of the same message once.
    crowd.settle_down(most_copies=1 + kills)
    assert set(crowd.statuses()) <= {200, 303, 422}, machine.site.errors()


@pytest.mark.drill
def test_gunicorn_is_killed(machine):
    with Crowd(machine) as crowd:
        for number in range(rounds(2, 6)):
            crowd.wait_for_more("confirm", 4)
            if number % 2:
                machine.site.kill()
            else:
                os.kill(machine.site.children()[0], signal.SIGKILL)
        crowd.wait_for_more("confirm", 4)
    crowd.settle_down()
    assert set(crowd.statuses()) <= {0, 200, 303, 422}


@pytest.mark.drill
def test_postgresql_is_stopped_at_once(machine, slow_mail):
    """`pg_ctl stop -m immediate` ends all its processes without a checkpoint. It is started again, as its unit does."""
    with Crowd(machine) as crowd:
        for _ in range(rounds(1, 4)):
            crowd.wait_for_more("confirm", 4)
            machine.run_postgresql("stop", "--mode", "immediate")
            machine.wait_for_alarm("database")
            assert machine.fetch("/en/")[0] == machine.fetch("/en/help/")[0] == 200
            # Each process looks once a second.
            machine.wait_until(lambda: machine.fetch("/en/pledge/")[0] == 503, 5)
            time.sleep(SECONDS_WITHOUT_DATABASE)
            machine.cluster.start()
        crowd.wait_for_more("confirm", 4)
    crowd.settle_down()


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
