"""Redacting of logs: what is replaced, and that the time does not explode with what visitors send."""

import time

import pytest

from weare1.logs import redact

# The result of signing.dumps(["x", 1]). Fixed, because the processes of a parallel run must find tests of the same names.
TOKEN = "WyJ4IiwxXQ:1xWZlR:zo-etTEXiLg0kE5qrDKAolZ3Qa_lVRDp5KyLvpf3-Y4"


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        (f"Not Found: /sq/konfirmoni/{TOKEN}/", "Not Found: /sq/konfirmoni/[link]/"),
        (f"Not Found: /sq/konfirmoni/{TOKEN}", "Not Found: /sq/konfirmoni/[link]"),
        (f'"GET /x?next={TOKEN}&page=2"', '"GET /x?next=[link]&page=2"'),
        (f"{TOKEN}\n{TOKEN}", "[link]\n[link]"),
        (f"value:{'a' * 27}", "[link]"),
        ("Not Found: /sq/drita@shembull.al/", "Not Found: /sq/[address]/"),
        ("to drita.kola+x@shembull.al, again", "to [address] again"),
        ("staff.housekeeping: 12:30:05 done @ noon", "staff.housekeeping: 12:30:05 done @ noon"),
    ],
)
def test_signed_values_and_addresses_are_replaced(text, logged):
    assert redact(text) == logged


def seconds(text):
    """CPU time of redacting a text: the least of five."""
    times = []
    for _ in range(5):
        began = time.process_time()
        redact(text)
        times.append(time.process_time() - began)
    return min(times)


@pytest.mark.parametrize("pattern", ["a.-", "a:", "a" * 19 + ":", "a@", "@", "@/", "a:b@"])
def test_the_time_grows_linearly_with_the_length_of_a_path(pattern):
    short, long = pattern * 1290, pattern * 1290 * 16
    # 16 times as long; quadratic time would be 256 times as long.
    assert seconds(f"Not Found: /{long}") < 64 * max(seconds(f"Not Found: /{short}"), 0.0001)
