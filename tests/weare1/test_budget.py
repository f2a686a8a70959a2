"""What there is to own: lines, modules and words. `bin/test -m budget` prints them; none may grow beyond its limit here."""

from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
APPS = ("weare1", "campaign", "pledges", "staff", "dev", "operations", "bench")


def files(*folders, pattern="*.py", migrations=False):
    found = [file for folder in folders for file in (ROOT / folder).rglob(pattern)]
    return [file for file in found if ("migrations" in file.parts) == migrations]


def lines(found):
    return sum(file.read_text().count("\n") for file in found)


def documents():
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]


# {what: (how much there is, the most there may be)}
BUDGET = {
    "lines of the application": (lambda: lines(files(*APPS)), 41_330),
    # Without the empty files that make a folder a package.
    "modules of the application": (lambda: sum(file.stat().st_size > 0 for file in files(*APPS)), 263),
    "lines of tests": (lambda: lines(files("tests")), 45_760),
    "lines of migrations": (lambda: lines(files(*APPS, migrations=True)), 1_760),
    "lines of SQL": (lambda: lines(files(*APPS, pattern="*.sql", migrations=True)), 340),
    "words of documents": (lambda: sum(len(file.read_text().split()) for file in documents()), 26_000),
}


@pytest.mark.budget
def test_there_is_no_more_to_own_than_before(capsys):
    found = {what: (measure(), most) for what, (measure, most) in BUDGET.items()}
    with capsys.disabled():
        for what, (number, most) in found.items():
            print(f"\n{what:28} {number:7,} of {most:7,}", end="")
    assert {what: number for what, (number, most) in found.items() if number > most} == {}
