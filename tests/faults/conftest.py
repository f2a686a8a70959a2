"""The machine whose parts fail. Its tests share it, because a start takes several seconds."""

import pytest

from tests.faults.machine import new_machine


@pytest.fixture(scope="package")
def running_machine():
    with new_machine() as machine:
        yield machine
        # Once, because a command takes a second to start.
        machine.check_totals()


@pytest.fixture
def machine(running_machine):
    """The machine. At the end of the test everything is mended, also if the test has failed."""
    yield running_machine
    running_machine.mend()
    running_machine.wait_for_health()
