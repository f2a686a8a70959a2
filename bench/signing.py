"""Sending the pledge form, and settling what was sent."""

import itertools
import time
import uuid
from urllib.parse import urlencode

from bench import load, rows
from bench.rounds import compare, show
from bench.site import SITE, beside_reference, fetch, gunicorn
from pledges.crypto.stamps import MIN_AGE_SECONDS
from pledges.models import County, Pledge, Sector
from tests.pages import Document

FORM = "/sq/zotimi/"
PLEDGES, MANY_PLEDGES = 100_000, 1_000_000
# Submissions of one round of `settle`.
SUBMISSIONS = 10_000
# Runs of wrk start at addresses of their own, because the form admits a limited number per network.
_networks = itertools.count(0, 100_000)


def sign(options):
    """Send the form, each time as another person from another network; and the empty view."""
    rows.fill(PLEDGES)
    try:
        with beside_reference(options) as (site, empty):
            sender = Sender(site.url)
            runs = {
                "empty view": lambda: load.get(empty.url, options.seconds).rate,
                "sign": lambda: sender.send(options.seconds).rate,
            }
            return compare(runs, options.rounds, {"sign / empty view": ("sign", "empty view")})
    finally:
        rows.clean()


class Sender:
    """Sends the pledge form that the site shows, filled in."""

    def __init__(self, site_url):
        self.url = site_url
        page = Document(fetch(site_url + FORM).body.decode())
        fields = {page.of(field)["name"]: page.of(field).get("value") for field in page.all("input", type="hidden")}
        self.fields = urlencode(
            {name: value or "" for name, value in fields.items()} | {"over_16": "yes", "consent": "on"}
        )
        self.sectors = ",".join(sector.slug for sector in Sector.objects.open())
        self.counties = ",".join(county.code for county in County.objects.all())
        # The form refuses a page that was shown a moment ago.
        time.sleep(MIN_AGE_SECONDS)

    def send(self, seconds, connections=load.CONNECTIONS):
        """Send forms for a number of seconds; returns the Load."""
        people = f"emri.{uuid.uuid4().hex[:12]}"
        arguments = (FORM, self.fields, people, next(_networks), self.sectors, self.counties)
        return load.script(self.url, seconds, "sign.lua", *arguments, connections=connections)


def acknowledge(number, options):
    """Send forms until at least this many were acknowledged; returns how many were. The worker does not run meanwhile."""
    acknowledged = 0
    with gunicorn(SITE, options) as site:
        sender = Sender(site.url)
        while acknowledged < number:
            acknowledged += sender.send(options.seconds).requests
    return acknowledged


def settle(options):
    """Settle submissions at a million pledges."""
    rows.fill(MANY_PLEDGES)
    rates = [settle_once(SUBMISSIONS, options) for _ in range(options.rounds)]
    return {"settle at a million pledges": show("settle at a million pledges", rates)}


def settle_once(number, options):
    """Sign as often as `number` says, settle, and remove the pledges; returns pledges settled per second."""
    # The application has it where submissions are settled by the worker.
    from pledges.inbox import submissions

    try:
        acknowledge(number, options)
        before = Pledge.objects.count()
        began = time.perf_counter()
        while submissions.settle():
            pass
        seconds = time.perf_counter() - began
        settled = Pledge.objects.count() - before
        assert settled >= number, f"{settled:,} of {number:,} submissions were settled."
        return settled / seconds
    finally:
        rows.clean()
