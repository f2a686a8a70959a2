"""The clock of the machine is set while a crowd signs, confirms and withdraws."""

import glob
import os

import pytest

from tests.drill import require
from tests.faults.crowd import VISITORS, Crowd

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
