"""Load by wrk with keep-alive. Every request must succeed: a run with other answers raises LoadError."""

import re
import shutil
import subprocess
from dataclasses import dataclass

from dev import ROOT, DevError

CONNECTIONS = 16


class LoadError(DevError):
    """Requests failed."""


@dataclass(frozen=True)
class Load:
    """The result of a run: successful requests in a number of seconds, over `connections` at the same time."""

    requests: int
    seconds: float
    connections: int

    @property
    def rate(self):
        """Requests per second."""
        return self.requests / self.seconds

    @property
    def milliseconds(self):
        """The mean response time."""
        return 1000 * self.seconds * self.connections / self.requests


def get(url, seconds, headers=None, connections=CONNECTIONS):
    """Request an address for a number of seconds; returns the Load."""
    return _run(url, seconds, connections, *(f"-H{name}: {value}" for name, value in (headers or {}).items()))


def script(url, seconds, name, *arguments, connections=CONNECTIONS):
    """Run a Lua script of bench/ with these arguments; returns the Load."""
    return _run(url, seconds, connections, "-s", ROOT / "bench" / name, arguments=arguments)


def _run(url, seconds, connections, *options, arguments=()):
    if not shutil.which("wrk"):
        raise DevError("wrk is missing: install it (on Debian and Ubuntu: apt-get install wrk).")
    command = ["wrk", "-t1", "--timeout", "30s", f"-c{connections}", f"-d{seconds}s", *options, url, "--", *arguments]
    return read(subprocess.run(command, check=True, capture_output=True, text=True).stdout, connections)


def read(report, connections):
    """The Load that a report of wrk describes. Raises LoadError if requests failed or none was answered."""
    if errors := re.findall(r"^ *((?:Socket errors|Non-2xx or 3xx responses):.*)$", report, re.M):
        raise LoadError(f"{'; '.join(errors)}:\n{report}")
    requests, seconds, unit = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)\b", report).groups()
    if not int(requests):
        raise LoadError(f"No request was answered:\n{report}")
    return Load(int(requests), float(seconds) * {"ms": 0.001, "s": 1, "m": 60}[unit], connections)
