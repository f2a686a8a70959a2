"""What keeps one test from another: the order by the seed, the numbers and keys of each, and the wait for a new day."""

import os
import re
import socket
import subprocess
import sys
from datetime import datetime
from types import SimpleNamespace

import pytest
from django.conf import settings

from tests import seed
from tests.clock import is_between_days
from tests.keys import id_of, new_key
from tests.numbers import next_number
from tests.site import ReservedPort


def test_a_seed_gives_one_order_in_which_files_stay_together(monkeypatch):
    tests = [SimpleNamespace(path=path, number=number) for path in "abcdefgh" for number in range(9)]
    orders = []
    for number in (7, 7, 8):
        monkeypatch.setattr(seed, "SEED", number)
        items = list(tests)
        seed.shuffle(items)
        assert sorted(map(id, items)) == sorted(map(id, tests))
        assert len(re.findall(r"(.)\1{8}", "".join(item.path for item in items))) == 8
        orders.append(items)
    assert orders[0] == orders[1] != orders[2] and tests not in orders


@pytest.mark.slow
def test_with_a_seed_the_tests_run_in_its_order():
    def names(**variables):
        environment = {name: value for name, value in os.environ.items() if name != "PYTEST_SEED"} | variables
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--collect-only",
            "tests/test_seed.py",
            "tests/weare1/test_formats.py",
        ]
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, env=environment, check=True, capture_output=True, text=True
        )
        return [line for line in done.stdout.splitlines() if "::" in line]

    plain, seventh, again = names(), names(PYTEST_SEED="7"), names(PYTEST_SEED="7")
    assert seventh == again != plain and sorted(seventh) == sorted(plain)


@pytest.mark.parametrize("_time", range(2))
def test_each_test_counts_from_one(_time):
    assert [next_number(), next_number()] == [1, 2]


def test_no_two_new_keys_in_a_row_share_their_id():
    ids = [id_of(new_key()) for _ in range(64)]
    assert len(set(ids)) == 64 and not {id_of(settings.FIELD_KEYS[0]), id_of(settings.DIGEST_KEYS[0])} & set(ids)


@pytest.mark.parametrize(
    ("time", "waits"),
    [
        ("23:59:49.9", False),
        ("23:59:50", True),
        ("23:59:59.999", True),
        ("00:00:00", True),
        ("00:00:00.99", True),
        ("00:00:01", False),
        ("12:00:00", False),
    ],
)
def test_no_test_begins_a_moment_before_midnight(time, waits):
    assert is_between_days(datetime.fromisoformat(f"2026-03-01T{time}")) is waits


def test_a_reserved_port_is_for_one_server():
    reserved = ReservedPort()
    address = ("127.0.0.1", reserved.number)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(address)
    with socket.create_server(address):
        socket.create_connection(address).close()
    reserved.release()
