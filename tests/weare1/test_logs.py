"""Redacting of logs: what is replaced, and that the time does not explode with what visitors send."""

import json
import logging
import sys
import time
import timeit

import pytest

from tests.factories import form_data
from weare1.logs import JsonFormatter, ReadableFormatter, Repetitions, redact

# The result of signing.dumps(["x", 1]). Fixed, because the processes of a parallel run must find tests of the same names.
TOKEN = "WyJ4IiwxXQ:1xWZlR:zo-etTEXiLg0kE5qrDKAolZ3Qa_lVRDp5KyLvpf3-Y4"


@pytest.mark.cases(
    ("text", "logged"),
    [
        (f"Not Found: /sq/konfirmoni/{TOKEN}/", "Not Found: /sq/konfirmoni/[link]/"),
        (f"Not Found: /sq/konfirmoni/{TOKEN}", "Not Found: /sq/konfirmoni/[link]"),
        (f'"GET /x?next={TOKEN}&page=2"', '"GET /x?next=[link]&page=2"'),
        (f"{TOKEN}\n{TOKEN}", "[link]\n[link]"),
        (f"value:{'a' * 27}", "[link]"),
        ("Not Found: /sq/drita@shembull.al/", "Not Found: /sq/[address]/"),
        ("to drita.kola+x@shembull.al, again", "to [address] again"),
        ("Not Found: /en/pledge/with/k7m2q9/x", "Not Found: /en/pledge/with/[code]/x"),
        ("Not Found: /sq/zotimi/me/k7m2q9", "Not Found: /sq/zotimi/me/[code]"),
        ("Not Found: /SQ/Zotimi/Me/k7m2q9/", "Not Found: /SQ/Zotimi/Me/[code]/"),
        ("Not Found: /u/AAAAAAAAAAAAAAAAAAAAAAAA", "Not Found: /u/[code]"),
        ("Forbidden: /sq/mos-me-dergoni-lajme/AAAAAAAA/", "Forbidden: /sq/mos-me-dergoni-lajme/[code]/"),
        ("Forbidden: /en/no-more-news/AAAAAAAA/", "Forbidden: /en/no-more-news/[code]/"),
        ("Invalid request from ip=192.0.2.7: bad", "Invalid request from ip=[network]: bad"),
        ("Invalid request from ip=2001:db8::7: bad", "Invalid request from ip=[network]: bad"),
        ("Invalid request from ip=: bad", "Invalid request from ip=[network]: bad"),
        ("staff.housekeeping: 12:30:05 done @ noon", "staff.housekeeping: 12:30:05 done @ noon"),
    ],
)
def test_signed_values_and_addresses_are_replaced(text, logged):
    assert redact(text) == logged


def seconds(text):
    """CPU time of redacting a text: the least of five."""
    return min(timeit.repeat(lambda: redact(text), timer=time.process_time, number=1))


@pytest.mark.quick
@pytest.mark.cases(
    "pattern",
    ["a.-", "a:", "a" * 19 + ":", "a@", "@", "@/", "a:b@", "/pledge/with", "/zotimi/me/", "/u/", "/u", "ip=:", "ip=a"],
)
def test_the_time_grows_linearly_with_the_length_of_a_path(pattern):
    short, long = pattern * 1290, pattern * 1290 * 16
    # 16 times as long; quadratic time would be 256 times as long.
    assert seconds(f"Not Found: /{long}") < 64 * max(seconds(f"Not Found: /{short}"), 0.0001)


def formatted(formatter, message, **extra):
    record = logging.LogRecord("pledges", logging.WARNING, "", 0, message, (), None)
    vars(record).update(extra)
    return formatter.format(record)


def test_a_line_is_one_json_object_whatever_the_message_holds():
    message = 'Drita ë \u2028 \ud800 "quoted"\nsecond line, drita@shembull.al'
    line = formatted(JsonFormatter(), message, fields={"kind": "confirm", "attempt": 2, "to": "drita@shembull.al"})
    assert "\n" not in line and line.encode()
    found = json.loads(line)
    assert found["message"].endswith("second line, [address]") and "ë" in line
    assert (found["level"], found["kind"], found["attempt"], found["to"]) == ("warning", "confirm", 2, "[address]")


def test_a_person_at_a_terminal_reads_the_same(capsys):
    line = formatted(ReadableFormatter(), "mail", fields={"kind": "confirm", "outcome": "sent"})
    assert line.endswith("warning pledges: mail kind=confirm outcome=sent")


def test_of_an_exception_stack_and_class_are_logged():
    try:
        raise ValueError("drita@shembull.al")
    except ValueError:
        line = json.loads(formatted(JsonFormatter(), "failed", exc_info=sys.exc_info()))
    assert line["stack"].endswith("ValueError") and "test_logs.py" in line["stack"] and "drita" not in line["stack"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status", "level"),
    [("/sq/zotimi/", 422, "INFO"), ("/oembed?url=x&format=xml", 501, "INFO"), ("/sq/nuk-ka/", 404, "WARNING")],
)
def test_what_is_no_fault_of_ours_is_no_warning(client, caplog, path, status, level):
    answer = client.post(path, form_data(consent=None)) if status == 422 else client.get(path)
    assert answer.status_code == status
    assert [record.levelname for record in caplog.records if record.name == "django.request"] == [level]


@pytest.mark.django_db
def test_an_unknown_host_is_no_error(client, caplog, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    assert client.get("/sq/", headers={"Host": "other.example"}).status_code == 400
    [record] = [record for record in caplog.records if record.name == "django.security.DisallowedHost"]
    assert record.levelname == "INFO" and record.exc_info is None
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_loop_that_fails_each_second_logs_one_line_a_minute():
    repetitions = Repetitions()

    def is_logged(name, message, **extra):
        record = logging.LogRecord(name, logging.ERROR, "", 0, message, (), None)
        vars(record).update(extra)
        return repetitions.filter(record)

    loop = "pledges.management.commands.worker"
    assert [is_logged(loop, "settling: OperationalError") for _ in range(3)] == [True, False, False]
    assert is_logged(loop, "settling: DataError")
    # Lines about requests and mails are all logged.
    assert all(is_logged("django.request", "Not Found: /x") for _ in range(2))
    assert all(is_logged("pledges.mail.sending", "mail", fields={}) for _ in range(2))
