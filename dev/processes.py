"""Children that run until they are stopped, and the signals that ask this process to stop."""

import contextlib
import ctypes
import http.client
import os
import signal
import subprocess
import sys
import time

from dev import ROOT

STOP_TIMEOUT = 30  # seconds that a child has to end after SIGTERM


def start(*command, environment=None, **options):
    """Start a Python child in its own session, so that Ctrl-C reaches the parent only, which then stops its children.

    `environment` is added to that of this process.
    """
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"} | (environment or {}),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_terminate_with_parent if sys.platform == "linux" else None,
        **options,
    )


def _terminate_with_parent():
    """Ask the kernel to send this process SIGTERM when its parent ends, which covers the parent being killed."""
    pr_set_pdeathsig = 1  # linux/prctl.h
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def stop(children):
    """Send SIGTERM to the children; after STOP_TIMEOUT, or once they have ended, SIGKILL to their process groups."""
    for child in children:
        child.terminate()
    deadline = time.monotonic() + STOP_TIMEOUT
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def answers(address):
    """Whether a site at (host, port) answers HTTP requests, with any status."""
    connection = http.client.HTTPConnection(*address, timeout=1)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def stop_signals():
    """Catch SIGINT, SIGTERM and SIGHUP from now on; returns the list to which the numbers of those received are appended.

    The caller polls the list and stops in an orderly way.
    """
    received = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Under nohup SIGHUP is ignored. It stays ignored.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, _frame: received.append(number))
    return received
