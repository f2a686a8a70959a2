"""The machine: its description, and CPU time and memory of processes from /proc."""

import os
import platform
import re
from pathlib import Path

import django
from django.db import connection

from bench.targets import number

# Load average of the last minute above which other programs falsify the figures.
IDLE_LOAD = 0.5


def describe(load):
    """The lines about the machine. `load` is the load average of the last minute before bin/bench did anything."""
    version = connection.cursor().connection.server_version
    lines = [
        f"{len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}, Django {django.__version__}, "
        f"PostgreSQL {version // 10_000}.{version % 10_000}, load average before {number(load)}"
    ]
    if load > IDLE_LOAD:
        lines.append(f"The machine is not idle (load average above {IDLE_LOAD}): the figures are not reliable.")
    return lines


def children(pid):
    """The ids of the processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cpu_seconds(pids):
    """The CPU time that all threads of these processes have used, in seconds. Exact to microseconds while they are idle."""
    files = [file for pid in pids for file in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(int(file.read_text().split()[0]) for file in files) / 1e9


def resident_megabytes(pids):
    """The resident memory of these processes, in MB."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def peak_megabytes():
    """The peak resident memory of this process, in MB. `ru_maxrss` would include that of the process that started it."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
