"""Python processes that work on the database of the test, such as those of `manage.py worker`."""

import contextlib
import os
import subprocess
import sys

from django.conf import settings

from tests.site import url_of_test_database
from tests.threads import TIMEOUT, wait_for_other_connections


@contextlib.contextmanager
def python(*arguments, environment=None, **options):
    """A process with these arguments, variables and options of Popen, which is killed at the end if it still runs."""
    base = {"DEV": "1", "DATABASE_URL": url_of_test_database(), "DJANGO_SETTINGS_MODULE": "weare1.settings"}
    command, variables = [sys.executable, *arguments], os.environ | base | (environment or {})
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env=variables, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def script(code):
    """A process that runs this code; its input and output are pipes."""
    return python("-c", code, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


@contextlib.contextmanager
def workers(number, **environment):
    """Start worker processes with these environment variables; yields them and kills those that still run."""
    with contextlib.ExitStack() as stack:
        quiet = {"environment": environment, "stderr": subprocess.DEVNULL}
        yield [stack.enter_context(python("manage.py", "worker", **quiet)) for _ in range(number)]


def kill(process):
    """Kill a worker with SIGKILL; returns when the server has ended its transactions."""
    process.kill()
    process.wait(TIMEOUT)
    wait_for_other_connections()
