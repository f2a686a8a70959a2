"""Load by wrk with keep-alive. Every request must succeed: a run with other answers raises DevError."""

import re
import shutil
import subprocess

from dev import ROOT, DevError

CONNECTIONS = 16


def get(url, seconds, *headers, connections=CONNECTIONS):
    """Request an address for a number of seconds; returns requests per second. `headers` are like "Name: value"."""
    return _run(url, seconds, connections, *(f"-H{header}" for header in headers))


def script(url, seconds, name, *arguments, connections=CONNECTIONS):
    """Run a Lua script of bench/ with these arguments; returns requests per second."""
    return _run(url, seconds, connections, "-s", ROOT / "bench" / name, arguments=arguments)


def _run(url, seconds, connections, *options, arguments=()):
    if not shutil.which("wrk"):
        raise DevError("wrk is missing: install it (on Debian and Ubuntu: apt-get install wrk).")
    command = ["wrk", "-t1", "--timeout", "30s", f"-c{connections}", f"-d{seconds}s", *options, url, "--", *arguments]
    report = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = float(re.search(r"Requests/sec: +([\d.]+)", report)[1])
    if not rate or re.search(r"^ *(Socket errors|Non-2xx or 3xx responses):", report, re.M):
        raise DevError(f"Requests failed:\n{report}")
    return rate
