"""Processes of `manage.py worker` that work on the database of the test."""

import contextlib
import os
import subprocess
import sys
import time

from django.conf import settings
from django.db import connection

from tests.site import url_of_test_database
from tests.threads import TIMEOUT


@contextlib.contextmanager
def workers(number, **environment):
    """Start worker processes with these environment variables; yields them and kills those that still run."""
    url = url_of_test_database()
    with contextlib.ExitStack() as stack:
        processes = []
        for _ in range(number):
            process = subprocess.Popen(
                [sys.executable, "manage.py", "worker"],
                cwd=settings.BASE_DIR,
                env=os.environ | {"DEV": "1", "DATABASE_URL": url} | environment,
                stderr=subprocess.DEVNULL,
            )
            processes.append(stack.enter_context(process))
            stack.callback(process.kill)
        yield processes


def kill(process):
    """Kill a worker with SIGKILL; returns when the server has ended its transactions."""
    process.kill()
    process.wait(TIMEOUT)
    deadline = time.monotonic() + TIMEOUT
    while _other_clients():
        assert time.monotonic() < deadline


def _other_clients():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname = current_database() "
            "AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]
