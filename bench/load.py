"""Load by wrk with keep-alive. Every request must succeed: a run with other answers raises LoadError."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dev.errors import DevError

CONNECTIONS = 16
TIMEOUT = 30  # seconds without an answer
SCRIPTS = Path(__file__).parent


class LoadError(DevError):
    """Requests failed, or were answered with another status than expected."""


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


def wrk():
    """The path of wrk. Raises DevError if it is not installed."""
    if found := shutil.which("wrk"):
        return found
    raise DevError("wrk is missing: install it (on Debian and Ubuntu: apt-get install wrk).")


def get(url, seconds, headers=None, connections=CONNECTIONS):
    """Request an address for a number of seconds; returns the Load."""
    options = [f"-H{name}: {value}" for name, value in (headers or {}).items()]
    return read(_run(url, seconds, connections, *options), connections)


def script(url, seconds, name, *arguments, connections=CONNECTIONS):
    """Run a Lua script of this folder with these arguments; returns the Load. The script prints the statuses it received."""
    return read(_run(url, seconds, connections, "-s", SCRIPTS / name, arguments=arguments), connections)


def _run(url, seconds, connections, *options, arguments=()):
    command = [
        wrk(),
        "-t1",
        "--timeout",
        f"{TIMEOUT}s",
        f"-c{connections}",
        f"-d{seconds}s",
        *options,
        url,
        "--",
        *map(str, arguments),
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def read(report, connections):
    """The Load that a report of wrk describes. Raises LoadError if requests failed or none was answered."""
    if errors := re.findall(r"^ *((?:Socket errors|Non-2xx or 3xx responses|Unexpected answers):.*)$", report, re.M):
        raise LoadError(f"{'; '.join(errors)}:\n{report}")
    requests, seconds, unit = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)\b", report).groups()
    if not int(requests):
        raise LoadError(f"No request was answered:\n{report}")
    return Load(int(requests), float(seconds) * {"ms": 0.001, "s": 1, "m": 60}[unit], connections)
