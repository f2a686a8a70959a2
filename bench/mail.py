"""Messages that one worker sends per second, to a server that accepts at once and to one that takes 0.3 s for each message."""

import time

from django.conf import settings

from bench import rows
from bench.pages import PLEDGES
from bench.rounds import show
from bench.sign import acknowledge
from dev import DevError
from dev.serve import start, stop
from tests.smtp import MailServer

TIMEOUT = 600  # seconds for the messages of one round
# What the worker logs.
LOG = settings.VAR / "bench-worker.log"


def mail(options):
    """Messages per second of one worker."""
    rows.fill(PLEDGES)
    runs = {
        "mail, fast server": (3000, 0, {}),
        "mail, server of 0.3 s, 32 connections": (1500, 0.3, {"MAIL_CONNECTIONS": "32"}),
    }
    return {what: show(what, [rate(*run) for _ in range(options.rounds)]) for what, run in runs.items()}


def rate(number, delay, environment):
    """Sign, then run a worker until the server has accepted this many messages; returns messages per second.

    Counted are the messages in the middle, without a tenth at each end: those before are slowed by the start of the worker and by
    settling, those after by connections without work.
    """
    try:
        acknowledge(number)
        with MailServer() as server, LOG.open("w") as log:
            server.delay = delay
            host, port = server.server_address
            environment = environment | {"MAIL_URL": f"smtp://{host}:{port}"}
            worker = start("manage.py", "worker", environment=environment, stderr=log)
            try:
                first, began = _wait_for(server, number // 10)
                last, ended = _wait_for(server, number - number // 10)
            finally:
                stop([worker])
        return (last - first) / (ended - began)
    finally:
        rows.clean()


def _wait_for(server, number):
    """Wait until the server has accepted this many messages; returns their number and the time."""
    deadline = time.monotonic() + TIMEOUT
    while (accepted := len(server.accepted)) < number:
        if time.monotonic() > deadline:
            raise DevError(f"The worker has not sent {number:,} messages within {TIMEOUT} seconds: see {LOG}.")
        time.sleep(0.02)
    return accepted, time.monotonic()
