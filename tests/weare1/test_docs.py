"""The documentation names only files that exist, and the README stays short."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from pledges.crypto.links import MAX_AGE_SECONDS
from pledges.enquiries.models import DISCLOSURE_PERIOD
from pledges.mail.mailboxes import A_DAY, A_DAY_BY_NETWORK
from pledges.published import models as rule
from pledges.requests.models import PERSON_PERIOD
from pledges.supporters.models import NETWORK_DIGEST_LIFE
from pledges.supporters.querysets import ANSWER_PERIOD, PENDING_LIFE
from staff.admin.reauthentication import FREE_PEOPLE
from staff.roles import Role

ROOT = Path(settings.BASE_DIR)
DOCS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")])

FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# Relative names with slashes, or a file name with a known ending. Anything else in backticks is code or an address.
PATH = re.compile(r"[\w.*-]+(/[\w.*-]+)*/?")
FILE_NAME = re.compile(r"[\w.*-]+\.(py|md|html|txt|css|js|json|sql|po|mo|toml|in|conf|service|png|jpg)")
MODULE = re.compile(r"(?:pledges|campaign|staff|weare1|dev|bench|tests)(?:\.\w+)+")
# A test of a file, as pytest names it.
TEST = re.compile(r"([\w/]+\.py)::(test_\w+)")
COMMAND = re.compile(r"(?<![\w/.-])((?:bin|\.ci|tests|locale)/[\w./*-]+|manage\.py)")
# bin/serve, bin/test and the worker create these; they are not part of the repository.
GENERATED = (".venv", "var")


def is_path(text):
    """Whether a text in backticks names a file or folder of this repository."""
    return bool(PATH.fullmatch(text)) and ("/" in text or bool(FILE_NAME.fullmatch(text)))


def exists(text, folder=ROOT):
    """Whether a path or glob is found below a folder. A file name without a folder may be anywhere in the repository."""
    pattern = text.rstrip("/")
    if pattern.split("/")[0] in GENERATED or any(folder.glob(pattern)):
        return True
    return "/" not in pattern and any(
        file.relative_to(ROOT).parts[0] not in (*GENERATED, ".git") for file in ROOT.rglob(pattern)
    )


def is_module(name):
    """Whether a dotted name is a module, or the name of something in one."""
    *parents, last = name.split(".")
    if any(ROOT.glob(f"{name.replace('.', '/')}*")):
        return True
    return bool(parents) and any(last in file.read_text() for file in ROOT.glob(f"{'/'.join(parents)}*.py"))


def is_test(file, name):
    """Whether a file contains a test of this name."""
    return exists(file) and re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE) is not None


def missing(text):
    """Paths, modules and tests that a text names in backticks or in its commands, and that do not exist."""
    quoted = [word for quote in QUOTED.findall(FENCED.sub("", text)) for word in quote.split()]
    commands = "".join(FENCED.findall(text))
    paths = COMMAND.findall(commands) + [word for word in quoted if is_path(word)]
    modules = MODULE.findall(commands.replace("manage.py", "")) + [word for word in quoted if MODULE.fullmatch(word)]
    tests = [match for word in quoted if (match := TEST.fullmatch(word))]
    return [
        *(path for path in paths if not exists(path)),
        *(name for name in modules if not is_module(name)),
        *(match[0] for match in tests if not is_test(*match.groups())),
    ]


@pytest.mark.cases("document", DOCS)
def test_every_path_module_test_and_link_in_the_documentation_exists(document):
    text = document.read_text()
    # Each is checked: no other notation of a test is in use.
    assert text.count(".py::") == sum(bool(TEST.fullmatch(quote)) for quote in QUOTED.findall(text))
    assert missing(text) == []
    for target in LINK.findall(text):
        parts = urlsplit(target)
        if not parts.scheme and parts.path:
            assert exists(parts.path, document.parent), target


def test_what_a_newcomer_reads_first_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 90
    assert len((ROOT / "CONTRIBUTING.md").read_text().splitlines()) <= 180


def test_the_decisions_stay_few_and_each_names_what_was_rejected():
    text = (ROOT / "docs" / "decisions.md").read_text()
    assert len(text.split()) <= 4_400
    assert 0 < text.count("\n### ") == text.count("\nRejected: ") <= 40


def test_every_attack_and_fault_names_a_test():
    attacks, _standard = (ROOT / "docs" / "security.md").read_text().split("\n## OWASP ASVS")
    heads = ("| ---", "| attack", "| fault")
    lines = [line for line in attacks.splitlines() if line.startswith("| ") and not line.startswith(heads)]
    assert len(lines) > 50
    for line in lines:
        assert ".py::" in line, line


WORDS = {1: "one", 2: "two", 5: "five", 7: "seven"}
# {document: what it says, with the numbers of the code}
NUMBERS = {
    "decisions": [
        f"After {settings.KEEP_MONTHS} months",
        f"erased after {ANSWER_PERIOD.days} days",
        f"(-{rule.OFFSETS // 2} to {rule.OFFSETS // 2 - 1})",
        f"(scale {rule.BLUR})",
        f"differ by {rule.MOVE}",
        f"nothing below {rule.SMALLEST}",
        f"at most {WORDS[A_DAY_BY_NETWORK]} of the {WORDS[A_DAY]} messages of a day",
        f"signing for {PENDING_LIFE.days} days",
        f"Beyond {FREE_PEOPLE} people in an hour",
        f"The {WORDS[len(Role)]} roles",
        f"erased {DISCLOSURE_PERIOD.days} days after the alarm",
        f"older than {'a day' if MAX_AGE_SECONDS == 86400 else MAX_AGE_SECONDS} shows",
    ],
    "privacy": [
        f"more than {FREE_PEOPLE} people within an hour",
        f"({settings.BACKUP_KEEP_DAYS} days unless set otherwise)",
        f"{DISCLOSURE_PERIOD.days} days after the alarm",
        f"until {PERSON_PERIOD.days} days after the answer",
    ],
    "impact-assessment": [
        f"After {settings.KEEP_MONTHS} months",
        f"keyed digest for {WORDS[NETWORK_DIGEST_LIFE.days]} days",
        f"above {FREE_PEOPLE} people an hour",
        f"erased after {DISCLOSURE_PERIOD.days} days",
    ],
    "security": [f"above {FREE_PEOPLE} a reason", f"{settings.KEEP_MONTHS} months and {ANSWER_PERIOD.days} days"],
}


@pytest.mark.parametrize("name", NUMBERS)
def test_the_numbers_in_a_document_are_those_of_the_code(name):
    text = " ".join((ROOT / "docs" / f"{name}.md").read_text().split())
    assert [words for words in NUMBERS[name] if words not in text] == []


@pytest.mark.django_db
def test_what_to_ask_the_database_after_a_breach_is_answered():
    statements = re.findall(r'psql weare1 -c "(.*?)"', (ROOT / "docs" / "breach.md").read_text(), re.DOTALL)
    assert len(statements) == 3
    for statement in statements:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            cursor.fetchall()


def test_the_guide_says_what_to_do_about_every_check_of_readyz():
    code = (ROOT / "pledges" / "health" / "checks.py").read_text()
    names = set(re.findall(r'(?:yield f?|return \[)"([a-z-]+)', code))
    assert len(names) > 15
    table = re.findall(r"^\| `([a-z-]+)", (ROOT / "docs" / "operating.md").read_text(), re.MULTILINE)
    assert names - set(table) == set()


def test_the_table_of_variables_names_each_that_the_code_reads():
    named = re.findall(r"^\| `([A-Z_…]+)`", (ROOT / "docs" / "environment.md").read_text(), re.MULTILINE)
    code = "".join(path.read_text() for path in (ROOT / "weare1").glob("*.py"))
    read = set(re.findall(r'(?:env\.\w+|os\.environ\.get|\btext|\bmailer)\("([A-Z_]+)"', code))
    assert len(read) > 15 and read - set(named) == {"DEV"}
    assert [name for name in named if name not in code and not name.startswith("ANYMAIL_")] == []
