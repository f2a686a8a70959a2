"""What grows with the number of pledges: response times, periodic work, and pages of the admin."""

import time

from django.conf import settings
from django.utils.module_loading import import_string

from bench import load, rows
from bench.admin import slowest_page
from bench.reading import HOME, TOTALS
from bench.rounds import interleave, show, show_ratio
from bench.signing import Sender, settle_once
from bench.site import beside_reference
from pledges.counting import tally
from pledges.models import Pledge

TOTALS_JSON = "/api/v1/totals.json"
SUBMISSIONS = 2_000
# Pledges that one statement changes before a fold: nearly as many deltas, since most differ in day, sector or county.
CHANGED_BEFORE_FOLD = 1_000


def scale(options):
    """Measure with each number of pledges, the fewest first; returns the ratios of the most to the fewest."""
    times, slowest = {}, None
    for number in sorted(options.rows):
        rows.fill(number)
        print(f"\nwith {number:,} pledges", flush=True)
        times[number] = response_times(options)
        slowest = slowest_page(number, options)
        periodic_work(options)
        show("settle", [settle_once(SUBMISSIONS, options) for _ in range(options.rounds)])
    fewest, *_others, most = sorted(options.rows)
    print(f"\n{most:,} pledges / {fewest:,} pledges, each time divided by that of the empty view in the same rounds")
    figures = {
        what: show_ratio(what, times[most][name] / times[fewest][name])
        for name in times[fewest]
        for what in [f"{name}, time with most / fewest pledges"]
    }
    return figures | {"slowest admin page with most pledges": slowest}


def response_times(options):
    """{name: response time of one client, as a multiple of that of the empty view}.

    The reference in the same rounds takes out what changed on the machine since the measurement with fewer pledges.
    """
    with beside_reference(options) as (site, empty):
        sender = Sender(site.url)
        addresses = {
            "empty view": empty.url,
            "home": site.url + HOME,
            "totals": site.url + TOTALS,
            "totals.json": site.url + TOTALS_JSON,
        }
        runs = {
            name: lambda url=url: load.get(url, options.seconds, connections=1).milliseconds
            for name, url in addresses.items()
        }
        runs["sign"] = lambda: sender.send(options.seconds, connections=1).milliseconds
        figures = interleave(runs, options.rounds)
    rows.clean()
    medians = {name: show(name, values, " ms") for name, values in figures.items()}
    reference = medians.pop("empty view")
    return {name: median / reference for name, median in medians.items()}


def periodic_work(options):
    """Print the time of all housekeeping steps together, of the slowest one, and of a fold."""
    totals, slowest = [], {}
    for _ in range(options.rounds):
        seconds = {step: timed(step) for steps in settings.HOUSEKEEPING for step in import_string(steps)}
        totals.append(1000 * sum(seconds.values()))
        step = max(seconds, key=seconds.get)
        slowest[seconds[step]] = step.__name__
    show("housekeeping", totals, " ms")
    print(f"slowest step: {slowest[max(slowest)]}, {1000 * max(slowest):.0f} ms")
    show(f"fold after {CHANGED_BEFORE_FOLD:,} changes", [fold_milliseconds() for _ in range(options.rounds)], " ms")


def fold_milliseconds():
    """Remove pledges from the count in one statement, and fold; the time of the fold in ms. Then restore them."""
    some = Pledge.objects.confirmed().order_by("-created_at").values("pk")[:CHANGED_BEFORE_FOLD]
    ids = [row["pk"] for row in some]
    Pledge.objects.filter(pk__in=ids).invalidate()
    milliseconds = 1000 * timed(tally.fold)
    Pledge.objects.filter(pk__in=ids).restore()
    tally.fold()
    return milliseconds


def timed(function):
    """The seconds that a function takes."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began
