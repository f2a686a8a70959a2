"""The seeded database that each test process clones, so that migrations and starter content are applied once for many runs.

It stays in the cluster of the tests. Its name holds a digest of everything it is made from, and one of another digest is dropped.
"""

import contextlib
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
SOURCES = ["*/migrations/**/*", "*/starter/*", "*/management/commands/seed.py", "requirements.txt"]
PREFIX = "template_weare1_"
# An arbitrary number: one run makes the template, and others wait.
LOCK = 5161923


def make():
    """Make the template unless it exists; returns its name. Also drops the test databases of runs that were killed."""
    name = PREFIX + _digest()
    with _server() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        cursor.execute("SELECT datname FROM pg_database")
        known = {row[0] for row in cursor.fetchall()}
        for other in known - {name}:
            if other.startswith(PREFIX) or _is_abandoned(other):
                cursor.execute(f'DROP DATABASE IF EXISTS "{other}" WITH (FORCE)')
        if name not in known:
            draft = f"{PREFIX}draft"
            cursor.execute(f'CREATE DATABASE "{draft}"')
            _fill(draft)
            cursor.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
    return name


def _fill(name):
    environment = os.environ | {"DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()}
    for command in ("migrate", "seed"):
        arguments = [sys.executable, ROOT / "manage.py", command, "--verbosity", "0"]
        subprocess.run(arguments, env=environment, check=True)


@contextlib.contextmanager
def _server():
    """A cursor of the server, outside any test database. Closing the connection releases its lock."""
    with contextlib.closing(psycopg2.connect(os.environ["DATABASE_URL"])) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            yield cursor


def _digest():
    parts = [*settings.FIELD_KEYS, *settings.DIGEST_KEYS]
    for file in sorted({file for pattern in SOURCES for file in ROOT.glob(pattern)}):
        if file.suffix in (".py", ".sql", ".json", ".txt"):
            parts += [str(file.relative_to(ROOT)), hashlib.sha256(file.read_bytes()).hexdigest()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _is_abandoned(name):
    """Whether this is the database of a test process that has ended: settings.py puts the process id into the name."""
    pid = name.removeprefix("test_weare1_").partition("_")[0]
    return name.startswith("test_weare1_") and pid.isdigit() and not Path("/proc", pid).exists()
