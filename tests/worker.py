"""Processes of `manage.py worker` that work on the database of the test."""

import contextlib
import os
import subprocess
import sys

from django.conf import settings

from tests.site import url_of_test_database
from tests.threads import TIMEOUT, wait_for_other_connections


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
    wait_for_other_connections()
