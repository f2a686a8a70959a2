"""Processes that are restarted when they exit, by the rules of their systemd units in deploy/."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path

from django.conf import settings

TIMEOUT = 30  # seconds
# What systemd does where a unit says nothing: seconds before a restart, and the most starts within an interval in seconds.
DEFAULTS = {"Restart": "no", "RestartSec": "0.1", "StartLimitBurst": "5", "StartLimitIntervalSec": "10"}


class Unit:
    """A unit of deploy/: its command and its rules of restarting."""

    def __init__(self, name):
        self.name = name
        self.text = (settings.BASE_DIR / "deploy" / f"{name}.service").read_text()

    def value(self, key):
        """The value of a key that occurs once, or systemd's default."""
        found = re.search(rf"^{key}=(.*)$", self.text, re.MULTILINE)
        return found[1] if found else DEFAULTS[key]

    def seconds(self, key):
        """The value of a key in seconds."""
        return float(self.value(key).removesuffix("s"))

    def arguments_after(self, program):
        """The part of ExecStart after this program."""
        return self.value("ExecStart").partition(f"{program} ")[2]


class Service:
    """A process under supervision. `environment` is a function, so that a restart gets the present variables."""

    def __init__(self, unit, command, environment, log):
        self.unit, self.command, self.environment, self.log = unit, command, environment, log
        self.process = None
        # The return codes of all processes that have ended.
        self.exits = []
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

    def is_running(self):
        """Whether the process runs, or is about to be restarted."""
        return self._thread is not None and self._thread.is_alive()

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
        starts = deque([time.monotonic()], maxlen=int(self.unit.value("StartLimitBurst")))
        while True:
            code = self.process.wait()
            self.exits.append(code)
            self._end_group()
            restart = self.unit.value("Restart")
            if not self._wanted.is_set() or restart == "no" or (restart == "on-failure" and code == 0):
                return
            time.sleep(self.unit.seconds("RestartSec"))
            interval = self.unit.seconds("StartLimitIntervalSec")
            if interval and len(starts) == starts.maxlen and time.monotonic() - starts[0] < interval:
                return
            if not self._wanted.is_set():
                return
            starts.append(time.monotonic())
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
