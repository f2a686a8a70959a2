"""Running programs, and the signals that ask this process to stop."""

import os
import signal
import subprocess

from dev.errors import DevError


def run_program(program, *arguments, **options):
    """Run a program to its end. Raises DevError with its output if it fails.

    It runs in its own session, so that Ctrl-C does not reach it, and without PG* variables, which may name another database.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    if "input" not in options:
        options["stdin"] = subprocess.DEVNULL
    done = subprocess.run(
        [program, *arguments],
        env=environment | {"LC_ALL": "C"},
        cwd="/",
        capture_output=True,
        text=True,
        errors="replace",
        start_new_session=True,
        **options,
    )
    if done.returncode:
        raise DevError(f"{program} failed:\n{done.stderr.strip() or done.stdout.strip()}")


def stop_signals():
    """Catch SIGINT, SIGTERM and SIGHUP from now on; returns the list to which the numbers of those received are appended.

    The caller polls the list and stops in an orderly way.
    """
    received = []

    def receive(number, _frame):
        received.append(number)

    signal.signal(signal.SIGINT, receive)
    signal.signal(signal.SIGTERM, receive)
    # Under nohup SIGHUP is ignored. It stays ignored.
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, receive)
    return received
