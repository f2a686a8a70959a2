"""The database cannot be reached or does not write while a crowd signs, confirms and withdraws."""

import contextlib
import time

import pytest

from pledges.serving.snapshot import FORMS_CLOSED_SECONDS
from tests.drill import require
from tests.faults.crowd import FORM, Crowd

pytestmark = pytest.mark.drill(only=True)

# Pages that a process serves from memory.
PAGES = ("/en/", "/en/help/", "/en/totals/", "/sq/ndihme/")


def assert_visitors_read_and_cannot_sign(machine):
    # Each process looks once a second, on a busy machine later.
    refused = machine.wait_until(lambda: (answer := machine.fetch(FORM))[0] == 503 and answer)
    assert "What you entered should still be there" in refused[1]
    for path in PAGES:
        status, page = machine.fetch(path)
        assert status == 200 and "tel:116111" in page, path


@pytest.mark.parametrize(("fault", "seconds"), [("cut", 20), ("hold", 45)])
def test_the_database_is_out_of_reach(machine, fault, seconds):
    """The network is cut, or everything stands still: connections stay open and new ones are accepted."""
    with Crowd(machine) as crowd:
        crowd.wait_for_more("confirm", 4)
        getattr(machine.database_network, fault)()
        machine.wait_for_alarm("database", 60)
        assert_visitors_read_and_cannot_sign(machine)
        time.sleep(seconds)
        assert machine.wrong() == ["database"]
        machine.database_network.mend()
        crowd.wait_for_more("confirm", 4)
    crowd.settle_down()


def test_the_network_to_the_database_is_slow(machine):
    """Each message between site and database takes 0.2 seconds. Everything works, slowly, and no alarm goes up."""
    with Crowd(machine) as crowd:
        machine.database_network.delay = 0.2
        crowd.wait_for_more("confirm", 8)
        assert machine.wrong() == []
        machine.database_network.mend()
    crowd.settle_down()
    assert crowd.statuses()[503] == 0


@contextlib.contextmanager
def read_only(machine):
    """Within the block the database takes no writes."""
    machine.set_in_postgresql("default_transaction_read_only", "on")
    yield
    machine.set_in_postgresql("default_transaction_read_only", None)


@contextlib.contextmanager
def full_disk(machine):
    """Within the block the disk of the database is full: tables cannot grow. The server goes on."""
    disk = machine.folder / "checkout"
    require(
        disk.is_mount(), "A disk of its own for the database cannot be mounted: run this as root with CAP_SYS_ADMIN."
    )
    # The server would stop when it needs a new segment of its log. It gets one now.
    machine.query("SELECT pg_switch_wal()")
    machine.query("SELECT pg_logical_emit_message(true, '', '')")
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(2**20))
    try:
        yield
    finally:
        filler.unlink()


@pytest.mark.parametrize(("fault", "alarm"), [(read_only, "read-only"), (full_disk, "disk")])
def test_the_database_does_not_write(machine, fault, alarm):
    with Crowd(machine) as crowd:
        crowd.wait_for_more("confirm", 2)
        with fault(machine):
            machine.wait_for_alarm(alarm, 60)
            assert machine.fetch("/en/")[0] == 200
            time.sleep(20)
        # Processes keep their forms closed after a refused write. The next test shares them and allows no 503.
        time.sleep(FORMS_CLOSED_SECONDS)
        crowd.wait_for_more("confirm", 4)
    crowd.settle_down()


def test_the_disk_of_the_database_has_no_room_for_its_log(machine):
    """The server stops. It starts again when there is room."""
    with Crowd(machine) as crowd:
        crowd.wait_for_more("confirm", 2)
        with full_disk(machine):
            machine.fill_write_ahead_log()
            machine.wait_for_alarm("database")
            assert_visitors_read_and_cannot_sign(machine)
        machine.cluster.start()
        time.sleep(FORMS_CLOSED_SECONDS)
        crowd.wait_for_more("confirm", 4)
    crowd.settle_down()
