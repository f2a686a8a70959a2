"""bin/bench: names and options, the table of targets, reports of wrk, and the rows of the measuring database."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from bench import load, rounds, rows, site
from bench.__main__ import EXTRA, MEASUREMENTS, TARGETS, parse, table
from pledges.counting import tally
from pledges.models import Pledge

FOLDER = Path(settings.BASE_DIR, "bench")


def test_help_lists_every_measurement_without_a_database():
    command = [sys.executable, "-m", "bench", "--help"]
    shown = subprocess.run(command, cwd=settings.BASE_DIR, env={}, capture_output=True, text=True, check=True).stdout
    listed = {line.split()[0] for line in shown.splitlines() if line.startswith("  ") and line.split()}
    assert {*MEASUREMENTS, *EXTRA, "all"} <= listed


def test_an_unknown_name_is_refused(capsys):
    with pytest.raises(SystemExit):
        parse(["pages", "page"])
    assert "invalid choice: 'page'" in capsys.readouterr().err


def test_options_for_a_quick_try():
    names, options = parse(["scale", "pages", "--rows", "1000,5000", "--rounds", "1", "--seconds", "2"])
    assert names == ["scale", "pages"]
    assert options == rounds.Options(seconds=2, rounds=1, rows=(1000, 5000))


def test_every_measurement_is_a_function_of_its_module():
    for name, (module, _description) in (MEASUREMENTS | EXTRA).items():
        tree = ast.parse((FOLDER / f"{module}.py").read_text())
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, name


def test_every_target_is_explained_in_the_documentation():
    document = Path(settings.BASE_DIR, "docs", "scaling.md").read_text()
    missing = [target.what for target in TARGETS if f"\n| {target.what} | {target.text} | " not in document]
    assert missing == []


def test_the_table_tells_what_meets_its_target_and_what_is_short():
    figures = {
        "home, 200 / empty view": 1.0,
        "sign / empty view": 0.2499,
        "export of a million": 40_500,
        "export of a million, memory": 120.4,
        "home, time with most / fewest pledges": 1.02,
    }
    lines = {line.split("  ")[0]: line.split() for line in table(figures)}
    assert len(lines) == 1 + len(TARGETS)
    assert lines["home, 200 / empty view"][-4:] == ["1", "≥", "1", "meets"]
    assert lines["sign / empty view"][-4:] == ["0.25", "≥", "0.25", "short"]
    assert lines["export of a million"][-6:] == ["40,500", "rows/s", "≥", "40,000", "rows/s", "meets"]
    assert lines["export of a million, memory"][-1] == "short"
    assert lines["home, time with most / fewest pledges"][-4:] == ["1.02", "≤", "1.1", "meets"]
    assert lines["settle at a million pledges"][-5:] == ["not", "measured", "≥", "3,000/s", "short"]


def test_rounds_alternate_and_medians_are_compared(capsys):
    order = []
    figures = {"site": iter([9, 50, 40]), "reference": iter([100, 1, 80])}

    def run(name):
        order.append(name)
        return next(figures[name])

    runs = {"reference": lambda: run("reference"), "site": lambda: run("site")}
    assert rounds.compare(runs, 3, {"site / reference": ("site", "reference")}) == {"site / reference": 0.5}
    assert order == ["reference", "site"] * 3
    assert capsys.readouterr().out.splitlines() == [
        "reference: 80/s (min 1, max 100)",
        "site: 40/s (min 9, max 50)",
        "site / reference: ratio 0.5",
    ]


REPORT = """Running 5s test @ http://127.0.0.1:8000/
  1 threads and 16 connections
  7312 requests in 4.00s, 1.23MB read
{}Requests/sec:   1828.00
"""


def test_a_report_of_wrk_is_read():
    result = load.read(REPORT.format(""), connections=16)
    assert (result.rate, round(result.milliseconds, 2)) == (1828, 8.75)


@pytest.mark.parametrize(
    "line",
    [
        "  Socket errors: connect 0, read 3, write 0, timeout 0\n",
        "  Non-2xx or 3xx responses: 12\n",
    ],
)
def test_a_run_with_failed_requests_is_no_measurement(line):
    with pytest.raises(load.LoadError, match=line.strip()):
        load.read(REPORT.format(line), connections=16)


def test_gunicorn_runs_with_the_options_of_the_service():
    command = site.gunicorn_command("weare1.wsgi", "unix:/tmp/x")
    service = Path(settings.BASE_DIR, "deploy", "gunicorn.service").read_text()
    given = service.partition("-m gunicorn weare1.wsgi ")[2].partition("\n")[0]
    assert given.startswith("--workers") and "--worker-class" not in service
    assert command == [*"-m gunicorn weare1.wsgi --bind unix:/tmp/x --log-level warning".split(), *given.split()]


@pytest.mark.django_db
def test_the_invented_rows_are_counted_and_indexed_like_real_ones():
    rows.insert(3000)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_index WHERE indrelid = 'pledges_pledge'::regclass AND NOT indisready")
        assert cursor.fetchone() == (0,)
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert tally.differences() == []
    assert Pledge.objects.count() == 3000
    assert Pledge.objects.second_at_address().count() == 150
    assert 0 < Pledge.objects.pending().count() < 30 < Pledge.objects.invalidated().count() < 100
    assert tally.read().total == Pledge.objects.confirmed().count()
    for pledge in Pledge.objects.order_by("-created_at")[:100:20]:
        assert pledge.name and pledge.address.endswith(".invalid")
        assert list(Pledge.objects.filter(address_digest=pledge.address_digest, slot=pledge.slot)) == [pledge]


def test_the_reference_starts_and_answers():
    with site.gunicorn(site.EMPTY) as empty:
        assert site.fetch(f"{empty}/sq/")[0] == 200
