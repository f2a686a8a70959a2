"""Signing: sending the pledge form, settling what was sent, and sending the messages to a fast and to a slow mail server."""

import itertools
import time
import uuid
from urllib.parse import urlencode

from django.conf import settings

from bench import rows
from bench.pages import FORM, PLEDGES
from bench.rounds import CONNECTIONS, compare, load, show
from bench.site import EMPTY, SITE, fetch, gunicorn
from dev import ROOT, DevError
from dev.serve import start, stop
from pledges.crypto.stamps import MIN_AGE_SECONDS
from pledges.inbox import submissions
from pledges.models import County, Pledge, Sector
from tests.factories import new_submission
from tests.pages import Document
from tests.smtp import MailServer

# Pledges in the database while submissions are settled, and submissions of one round.
MANY_PLEDGES, SUBMISSIONS = 1_000_000, 10_000
# Runs of wrk start at addresses of their own, because the form admits a limited number per network.
_networks = itertools.count(0, 100_000)
TIMEOUT = 600  # seconds for the messages of one round
# What the worker logs.
LOG = settings.VAR / "bench-worker.log"


def sign(options):
    """Send the form, each time as another person from another network."""
    rows.fill(PLEDGES)
    try:
        with gunicorn(SITE) as site, gunicorn(EMPTY) as empty:
            sender = Sender(site)
            runs = {"empty view": lambda: load(empty, options.seconds), "sign": lambda: sender.send(options.seconds)}
            return compare(runs, options.rounds)
    finally:
        rows.clean()


class Sender:
    """Sends the pledge form that the site shows, filled in."""

    def __init__(self, site):
        self.url = site
        page = Document(fetch(site + FORM)[2].decode())
        fields = {
            page.of(field)["name"]: page.of(field).get("value") or "" for field in page.all("input", type="hidden")
        }
        self.fields = urlencode(fields | {"over_16": "yes", "consent": "on"})
        self.place = Sector.objects.open().first().slug, County.objects.first().code
        # The form refuses a page that was shown a moment ago.
        time.sleep(MIN_AGE_SECONDS)

    def send(self, seconds, connections=CONNECTIONS):
        """Send forms for a number of seconds; returns requests per second."""
        people = f"emri.{uuid.uuid4().hex[:12]}"
        arguments = (FORM, self.fields, people, str(next(_networks)), *self.place)
        options = ("-s", ROOT / "bench" / "sign.lua")
        return load(self.url, seconds, *options, arguments=arguments, connections=connections)


def settle(options):
    """Pledges settled per second, at a million pledges."""
    rows.fill(MANY_PLEDGES)
    what = "settle at a million pledges"
    return {what: show(what, [settle_once() for _ in range(options.rounds)])}


def settle_once():
    """Sign as often as SUBMISSIONS says, settle, and remove the pledges; returns pledges settled per second."""
    try:
        acknowledge(SUBMISSIONS)
        before, began = Pledge.objects.count(), time.perf_counter()
        while submissions.settle():
            pass
        seconds = time.perf_counter() - began
        settled = Pledge.objects.count() - before
        assert settled >= SUBMISSIONS, f"{settled:,} of {SUBMISSIONS:,} submissions were settled."
        return settled / seconds
    finally:
        rows.clean()


def acknowledge(number):
    """Store so many sign-ups, each of another person. The worker does not run meanwhile."""
    for _ in range(number):
        submissions.submit(new_submission(address=f"emri.{uuid.uuid4()}@posta.invalid"))


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
