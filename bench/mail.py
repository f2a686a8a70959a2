"""Messages that one worker sends per second, to a server that accepts at once and to one that takes 0.3 s for each message."""

import subprocess

from django.conf import settings

from bench import rows
from bench.rounds import show
from bench.signing import acknowledge
from bench.site import free_port
from dev import serve
from dev.errors import DevError

PLEDGES = 100_000
FAST, SLOW = "mail, fast server", "mail, server of 0.3 s, 32 connections"
TIMEOUT = 600  # seconds for the messages of one round
# What the worker logs.
LOG = settings.VAR / "bench-worker.log"


def mail(options):
    """Messages per second of one worker."""
    rows.fill(PLEDGES)
    runs = {
        FAST: lambda: rate(3000, 0, {}, options),
        SLOW: lambda: rate(1500, 0.3, {"MAIL_CONNECTIONS": "32"}, options),
    }
    return {what: show(what, [run() for _ in range(options.rounds)]) for what, run in runs.items()}


def rate(number, delay, environment, options):
    """Sign, then run a worker until the server has accepted this many messages; returns messages per second.

    Counted are the messages in the middle, without the first and the last tenth: those before are slowed by the start of the
    worker and by settling, those after by connections without work.
    """
    try:
        acknowledge(number, options)
        port = free_port()
        server = serve.start("-m", "bench.sink", str(port), str(delay), str(number), stdout=subprocess.PIPE)
        mail_url = {"MAIL_URL": f"smtp://127.0.0.1:{port}"}
        with LOG.open("w") as log:
            worker = serve.start("manage.py", "worker", environment=mail_url | environment, stderr=log)
        try:
            output, _errors = server.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise DevError(
                f"The worker has not sent {number:,} messages within {TIMEOUT} seconds: see {LOG}."
            ) from None
        finally:
            serve.stop([worker, server])
    finally:
        rows.clean()
    accepted = [float(line) for line in output.split()]
    middle = accepted[number // 10 : -(number // 10)]
    return (len(middle) - 1) / (middle[-1] - middle[0])
