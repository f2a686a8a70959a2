"""What keeps one test from another: the order by the seed, the numbers and keys of each, and the wait for a new day."""

import re
from datetime import datetime
from types import SimpleNamespace

from tests import seed
from tests.clock import is_between_days


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


def test_no_test_begins_a_moment_before_midnight():
    def waiting(*times):
        return [time for time in times if is_between_days(datetime.fromisoformat(f"2026-03-01T{time}"))]

    moments = ["23:59:50", "23:59:59.999", "00:00:00", "00:00:00.99"]
    assert waiting("23:59:49.9", *moments, "00:00:01", "12:00:00") == moments
