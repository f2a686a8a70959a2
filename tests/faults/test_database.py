"""The database cannot be reached or does not write while a crowd signs, confirms and withdraws."""

import contextlib
import time

import pytest

from pledges.serving.snapshot import FORMS_CLOSED_SECONDS
from tests.drill import require, rounds
from tests.faults.crowd import FORM, Crowd

# Pages that a process serves from memory.
PAGES = ("/en/", "/en/help/", "/en/totals/", "/sq/ndihme/")


def assert_visitors_read_and_cannot_sign(machine):
    # Each process looks once a second.
    machine.wait_until(lambda: machine.fetch(FORM)[0] == 503, 5)
    for path in PAGES:
        status, page = machine.fetch(path)
        assert status == 200 and "tel:116111" in page, path
    status, page = machine.fetch(FORM)
    assert status == 503 and "What you entered should still be there" in page


def wait_for_forms():
    """Wait while processes keep their forms closed after a refused write. The next test shares them and allows no 503."""
    time.sleep(FORMS_CLOSED_SECONDS)


@pytest.mark.drill(only=True)
def test_the_network_to_the_database_is_cut(machine):
    with Crowd(machine) as crowd:
        for _ in range(3):
            crowd.wait_for_more("confirm", 4)
            machine.database_network.cut()
            machine.wait_for_alarm("database")
            assert_visitors_read_and_cannot_sign(machine)
            time.sleep(20)
            machine.database_network.mend()
        crowd.wait_for_more("confirm", 4)
    crowd.settle_down()


@pytest.mark.drill(only=True)
def test_the_database_does_not_answer(machine):
    """Its connections stay open and new ones are accepted, as when its machine hangs."""
    with Crowd(machine) as crowd:
        crowd.wait_for_more("confirm", 4)
        machine.database_network.hold()
        machine.wait_for_alarm("database", 60)
        assert_visitors_read_and_cannot_sign(machine)
        time.sleep(45)
        assert machine.wrong() == ["database"]
        machine.database_network.mend()
        crowd.wait_for_more("confirm", 4)
    crowd.settle_down()


@pytest.mark.drill(only=True)
def test_the_network_to_the_database_is_slow(machine):
    """Each message between site and database takes 0.2 seconds. Everything works, slowly, and no alarm goes up."""
    with Crowd(machine) as crowd:
        machine.database_network.delay = 0.2
        crowd.wait_for_more("confirm", 8)
        assert machine.wrong() == []
        machine.database_network.mend()
    crowd.settle_down()
    assert crowd.statuses()[503] == 0


@pytest.mark.drill(only=True)
def test_the_database_is_read_only(machine):
    with Crowd(machine) as crowd:
        crowd.wait_for_more("confirm", 2)
        machine.set_in_postgresql("default_transaction_read_only", "on")
        machine.wait_for_alarm("read-only")
        status, page = machine.fetch("/en/")
        assert status == 200
        time.sleep(20)
        machine.set_in_postgresql("default_transaction_read_only", None)
        wait_for_forms()
        crowd.wait_for_more("confirm", 4)
    crowd.settle_down()
    assert crowd.statuses()[503] > 0


@contextlib.contextmanager
def full_disk(machine):
    """Within the block the disk of the database is full."""
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
        wait_for_forms()


@pytest.mark.drill
def test_the_disk_of_the_database_is_full(machine):
    """Tables cannot grow. The server goes on."""
    with Crowd(machine) as crowd:
        crowd.wait_for_more("confirm", 2)
        with full_disk(machine):
            machine.wait_for_alarm("disk", 60)
            assert machine.fetch("/en/")[0] == 200
            time.sleep(rounds(1, 20))
        crowd.wait_for_more("confirm", 4)
    crowd.settle_down()


@pytest.mark.drill(only=True)
def test_the_disk_of_the_database_has_no_room_for_its_log(machine):
    """The server stops. It starts again when there is room."""
    with Crowd(machine) as crowd:
        crowd.wait_for_more("confirm", 2)
        with full_disk(machine):
            machine.fill_write_ahead_log()
            machine.wait_for_alarm("database")
            assert_visitors_read_and_cannot_sign(machine)
        machine.cluster.start()
        crowd.wait_for_more("confirm", 4)
    crowd.settle_down()
