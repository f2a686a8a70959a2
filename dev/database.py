"""Runs a command with the private PostgreSQL of this checkout (dev/postgresql.py).

    python -m dev.database run NAME ARGUMENTS...    runs Python with these arguments while the cluster runs

NAME is serve, test or bench. Where DATABASE_URL names another database, the command uses that one.
"""

import argparse
import os
import signal
import subprocess
import sys
import time

from dev import DevError
from dev.postgresql import Cluster
from dev.processes import stop_signals


def run(name, arguments):
    """Run Python with a private cluster, or with the database that DATABASE_URL names; returns the exit status."""
    command = [sys.executable, *arguments]
    if os.environ.get("DATABASE_URL"):
        os.execvp(command[0], command)
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


def main():
    """The command line; returns the exit status or an error message."""
    parser = argparse.ArgumentParser(prog="python -m dev.database", description=__doc__.partition("\n")[0])
    parser.add_argument("action", choices=["run"])
    parser.add_argument("name", choices=["serve", "test", "bench"])
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if not options.arguments:
        parser.error("run needs arguments for Python")
    try:
        return run(options.name, options.arguments)
    except DevError as error:
        return str(error)


if __name__ == "__main__":
    sys.exit(main())
