"""Processes that are started again when they end, as systemd does with the units of deploy/."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from django.conf import settings

TIMEOUT = 30  # seconds
RESTART_SECONDS = 2


class Service:
    """A process under supervision. `environment` is a function, so that a restart gets the present variables."""

    def __init__(self, command, environment, log):
        self.command, self.environment, self.log = command, environment, log
        self.process = None
        self._wanted = threading.Event()
        self._thread = None

    def start(self):
        """Start the process and supervise it until stop()."""
        self._wanted.set()
        self._launch()
        self._thread = threading.Thread(target=self._supervise, daemon=True)
        self._thread.start()

    def stop(self):
        """Stop the process; kill it if it has not ended after TIMEOUT, as `systemctl stop` does after a longer time."""
        self._wanted.clear()
        for end in (self.process.terminate, self.process.kill):
            with contextlib.suppress(ProcessLookupError):
                end()
            self._thread.join(TIMEOUT)

    def restart(self):
        """What `systemctl restart` does."""
        self.stop()
        self.start()

    def kill(self):
        """End the process with SIGKILL, and not its children."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()

    def children(self):
        """The process ids of the children."""
        return [
            int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]

    def errors(self):
        """The last lines of the log with an error."""
        return [line for line in self.log.read_text().splitlines() if '"level": "error"' in line][-10:]

    def _launch(self):
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                cwd=settings.BASE_DIR,
                env=self.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _supervise(self):
        while True:
            self.process.wait()
            self._end_group()
            time.sleep(RESTART_SECONDS if self._wanted.is_set() else 0)
            if not self._wanted.is_set():
                return
            self._launch()

    def _end_group(self):
        """End the children that are left, as systemd does with a control group."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + TIMEOUT
            while time.monotonic() < deadline:
                try:
                    os.killpg(self.process.pid, number)
                except ProcessLookupError:
                    return
                time.sleep(0.05)
