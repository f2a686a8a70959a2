"""`rehearse_migrations`: which statements of a migration would keep visitors from signing."""

import contextlib
import os
import subprocess
import sys

import psycopg2
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from pledges.management.commands.rehearse_migrations import Watch
from tests.factories import make_pledge
from tests.site import url_of_test_database

pytestmark = pytest.mark.django_db

COLUMN = "ALTER TABLE pledges_pledge ADD COLUMN extra integer"
CHECK = "ALTER TABLE pledges_pledge ADD CONSTRAINT extra CHECK (slot < 9)"
TRIGGER = "CREATE TRIGGER extra AFTER DELETE ON pledges_pledge EXECUTE FUNCTION suppress_redundant_updates_trigger()"
BRIEF = {
    "column": [COLUMN],
    "column with a default": [f"{COLUMN} NOT NULL DEFAULT 1"],
    "constraint that is not validated": [f"{CHECK} NOT VALID"],
    "trigger": [TRIGGER],
    "index of another table": ["CREATE INDEX extra ON pledges_message (kind)"],
    "rows without a lock of the table": ["UPDATE pledges_pledge SET slot = slot"],
}
LONG = {
    "constraint": [CHECK],
    "constraint validated under its own lock": [
        f"{CHECK} NOT VALID",
        "ALTER TABLE pledges_pledge VALIDATE CONSTRAINT extra",
    ],
    "index": ["CREATE INDEX extra ON pledges_pledge (slot)"],
    "type": ["ALTER TABLE pledges_pledge ALTER COLUMN slot TYPE bigint"],
    "default that differs by row": [f"{COLUMN} DEFAULT random()"],
    "several statements in one": [f"{COLUMN}; UPDATE pledges_pledge SET extra = 1"],
    "rows under a lock of the table": [
        "LOCK TABLE pledges_pledge IN SHARE MODE",
        "UPDATE pledges_pledge SET slot = slot",
    ],
    "another table under a lock of the table": [TRIGGER, "CREATE INDEX extra ON pledges_message (kind)"],
}

# The migrations of a release that ran on a server.
RELEASE = [("pledges", "0048_indexes_of_messages"), ("campaign", "0014_addresses"), ("staff", "0003_words")]
REHEARSE = f"""
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
MigrationExecutor(connection).migrate({RELEASE})
call_command("rehearse_migrations", verbosity=0)
"""


def refused(statements):
    """Whether a migration with these statements is refused."""
    watch = Watch()
    with connection.execute_wrapper(watch), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    return bool(watch.refused)


@pytest.mark.parametrize("statements", BRIEF.values(), ids=BRIEF)
def test_a_migration_that_locks_the_pledge_table_for_a_moment_passes(statements):
    assert not refused(statements)


@pytest.mark.parametrize("statements", LONG.values(), ids=LONG)
def test_a_migration_that_locks_the_pledge_table_while_it_works_is_refused(statements):
    assert refused(statements)


def test_a_database_with_pledges_is_no_place_for_a_rehearsal():
    make_pledge()
    with pytest.raises(CommandError, match="This database holds pledges: a rehearsal needs an empty copy"):
        call_command("rehearse_migrations")


def test_a_database_of_a_newer_version_is_refused_with_a_sentence():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('pledges', '9999_later', now())")
    with pytest.raises(
        CommandError, match=r"newer version, which has pledges\.9999_later: run deploy/rollback instead"
    ):
        call_command("rehearse_migrations")


@pytest.fixture
def empty_database():
    """The URL of a new database beside that of the tests."""
    name = f"{connection.settings_dict['NAME']}_rehearsal"
    with contextlib.closing(psycopg2.connect(url_of_test_database())) as server, server.cursor() as cursor:
        server.autocommit = True
        cursor.execute(f"CREATE DATABASE {name}")
        yield url_of_test_database().replace(f"/{connection.settings_dict['NAME']}", f"/{name}")
        cursor.execute(f"DROP DATABASE {name}")


@pytest.mark.direct
def test_the_migrations_since_a_release_keep_no_visitor_from_signing(empty_database):
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", REHEARSE],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DEV": "1", "DATABASE_URL": empty_database},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr.splitlines()[-3:]
