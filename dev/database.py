"""Runs commands with the private PostgreSQL of this checkout (dev/cluster.py).

    python -m dev.database run NAME ARGUMENTS...    runs Python with these arguments while the cluster runs
    python -m dev.database start NAME               starts the cluster, leaves it running and prints its DATABASE_URL
    python -m dev.database stop NAME                stops it

NAME is serve, test or bench.
"""

import argparse
import os
import signal
import subprocess
import sys
import time

from dev.cluster import Cluster
from dev.errors import DevError
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
        site = {"SITE_URL": url} if (url := cluster.site_url()) else {}
        child = subprocess.Popen(command, env=site | os.environ | {"DATABASE_URL": database_url, "DEV": "1"})
        while child.poll() is None:
            # SIGINT reaches the child from the terminal. Other signals are passed on as SIGINT, on which pytest cleans up.
            if set(received) - {signal.SIGINT}:
                received.clear()
                child.send_signal(signal.SIGINT)
            time.sleep(0.05)
        # A negative status is a signal, which shells report as 128 plus its number.
        return child.returncode if child.returncode >= 0 else 128 - child.returncode


def main(arguments=None):
    """The command line; returns the exit status or an error message."""
    parser = argparse.ArgumentParser(prog="python -m dev.database", description=__doc__.partition("\n")[0])
    parser.add_argument("action", choices=["start", "stop", "run"])
    parser.add_argument("name", choices=["serve", "test", "bench"])
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    if (options.action == "run") != bool(options.arguments):
        parser.error("run needs arguments for Python; start and stop take none")
    try:
        if options.action == "run":
            return run(options.name, options.arguments)
        cluster = Cluster(options.name)
        if options.action == "start":
            cluster.start()
            print(cluster.url)
        else:
            cluster.stop()
    except DevError as error:
        return str(error)


if __name__ == "__main__":
    sys.exit(main())
