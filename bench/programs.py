"""Servers that a drill starts, kills and starts again, with all their processes."""

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

from dev.errors import DevError

# {program: packages of Debian}
PROGRAMS = {"etcd": "etcd-server", "patroni": "patroni python3-etcd", "haproxy": "haproxy", "pgbouncer": "pgbouncer"}
# With the folders of servers, which an ordinary user may not have in it.
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
STOP_SECONDS = 20


def require_programs(path=PATH):
    """Raise DevError with one sentence that says what to install."""
    missing = [packages for program, packages in PROGRAMS.items() if not shutil.which(program, path=path)]
    if missing:
        raise DevError(
            f"Packages are missing: install them (on Debian and Ubuntu: apt-get install {' '.join(missing)})."
        )


def tree(pid):
    """The process and all its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(each for child in children for each in tree(int(child)))]


def send(pids, number):
    """Send a signal to those of the processes that still exist."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


class Program:
    """A program that is started, killed and started again. `account` is its (uid, gid) where this process is root, or None."""

    def __init__(self, command, log, account, environment=None):
        self.command, self.log, self.account = command, log, account
        # libpq looks for certificates in the home folder, which is not that of the account.
        self.environment = os.environ | {"PATH": PATH, "HOME": str(log.parent)} | (environment or {})
        self.process = None

    def start(self):
        """Start it unless it runs."""
        if self.process is not None and self.process.poll() is None:
            return
        options = {}
        if os.geteuid() == 0 and self.account:
            options = {"user": self.account[0], "group": self.account[1], "extra_groups": []}
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **options,
            )  # fmt: skip

    def pids(self):
        """The ids of its processes."""
        return tree(self.process.pid) if self.process and self.process.poll() is None else []

    def stop(self):
        """End it with SIGTERM, and after STOP_SECONDS with SIGKILL, with all its processes."""
        if self.process is None:
            return
        pids = self.pids()
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
        send(pids, signal.SIGKILL)
        self.process.wait()
