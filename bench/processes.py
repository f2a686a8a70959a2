"""The processes of gunicorn: time to the first answer, and memory after many requests."""

import time

from bench import load, machine, rows
from bench.rounds import show, show_ratio
from bench.site import SITE, gunicorn
from tests.pages import public_paths

PLEDGES = 100_000
FEW, MANY = 1_000, 100_000


def start(options):
    """Seconds from the start of gunicorn until the home page is answered."""
    rows.fill(PLEDGES)
    times = []
    for _ in range(options.rounds):
        began = time.perf_counter()
        with gunicorn(SITE, options, ready_path="/sq/"):
            times.append(time.perf_counter() - began)
    show("start", times, " s")
    return {}


def memory(options):
    """Resident memory of all workers after 1,000 and after 100,000 requests of all public pages, some with unknown parameters."""
    rows.fill(PLEDGES)
    paths = [path for _name, _language, path in public_paths()]
    with gunicorn(SITE, options) as site:
        resident, visits = [], 0
        for wanted in (FEW, MANY):
            while visits < wanted:
                visits += load.script(site.url, 1, "visits.lua", visits, *paths).requests
            resident.append(machine.resident_megabytes(site.workers()))
            show(f"resident after {visits:,} requests", resident[-1:], " MB")
    what = f"resident after {MANY:,} requests / after {FEW:,}"
    return {what: show_ratio(what, resident[1] / resident[0])}
