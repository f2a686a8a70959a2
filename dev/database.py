"""Runs Python with the private PostgreSQL of this checkout: python -m dev.database run NAME ARGUMENTS...

NAME is serve, test or bench. Where DATABASE_URL names another database, the command uses that one.
"""

import os
import signal
import subprocess
import sys
import time

from dev import DevError
from dev.postgresql import Cluster
from dev.serve import stop_signals


def run(name, arguments):
    """Run Python with a private cluster, or with the database that DATABASE_URL names; returns the exit status."""
    command = [sys.executable, *arguments]
    if os.environ.get("DATABASE_URL"):
        os.execv(command[0], command)
    received = stop_signals()
    cluster = Cluster(name)
    with cluster.running() as database_url:
        if received:
            return 128 + received[0]
        # Links that a command prints lead to the running bin/serve.
        site = {"SITE_URL": cluster.site_file.read_text()} if cluster.site_file.exists() else {}
        child = subprocess.Popen(command, env=site | os.environ | {"DATABASE_URL": database_url, "DEV": "1"})
        while child.poll() is None:
            # SIGINT reaches the child from the terminal. Other signals are passed on as SIGINT, on which pytest cleans up.
            if set(received) - {signal.SIGINT}:
                received.clear()
                child.send_signal(signal.SIGINT)
            time.sleep(0.05)
        # A negative status is a signal, which shells report as 128 plus its number.
        return child.returncode if child.returncode >= 0 else 128 - child.returncode


if __name__ == "__main__":
    if sys.argv[1:2] != ["run"] or len(sys.argv) < 4 or sys.argv[2] not in ("serve", "test", "bench"):
        sys.exit(__doc__)
    try:
        sys.exit(run(sys.argv[2], sys.argv[3:]))
    except DevError as error:
        sys.exit(str(error))
