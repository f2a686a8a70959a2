"""How a measurement is made, repeated and compared: load by wrk, interleaved rounds, medians, ratios."""

import re
import shutil
import statistics
import subprocess
from collections import namedtuple

from dev import DevError

# The options of the command line. `seconds` is the length of one run of wrk, `rows` are numbers of pledges.
Options = namedtuple("Options", "seconds rounds rows")
CONNECTIONS = 16  # of wrk


def interleave(runs, rounds, unit="/s"):
    """{name: median} of {name: function that returns a figure}, which are printed.

    Each round calls every function once, in order (ABAB…), so that all of them meet the same load of the machine.
    """
    figures = [[run() for run in runs.values()] for _ in range(rounds)]
    return {name: show(name, each, unit) for name, each in zip(runs, zip(*figures, strict=True), strict=True)}


def number(value):
    """A figure as text with about three digits: "0.053", "14.2", "3,120"."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def show(what, figures, unit="/s"):
    """Print minimum, median and maximum of the figures; returns the median."""
    median = statistics.median(figures)
    low, middle, high = map(number, (min(figures), median, max(figures)))
    print(f"{what}: {middle}{unit} (min {low}, max {high})", flush=True)
    return median


def compare(runs, rounds):
    """Run interleaved rounds, print the figures and then their ratios to the first; returns {"NAME / FIRST": ratio}."""
    medians = interleave(runs, rounds)
    first, *others = medians
    return {f"{name} / {first}": show_ratio(f"{name} / {first}", medians[name] / medians[first]) for name in others}


def show_ratio(what, ratio):
    print(f"{what}: ratio {number(ratio)}", flush=True)
    return ratio


def load(url, seconds, *options, arguments=(), connections=CONNECTIONS):
    """Request an address by wrk for a number of seconds, with keep-alive; returns requests per second.

    `options` are those of wrk, `arguments` those of its script. Every request must succeed: others raise DevError.
    """
    if not shutil.which("wrk"):
        raise DevError("wrk is missing: install it (on Debian and Ubuntu: apt-get install wrk).")
    command = ["wrk", "-t1", "--timeout", "30s", f"-c{connections}", f"-d{seconds}s", *options, url, "--", *arguments]
    report = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = float(re.search(r"Requests/sec: +([\d.]+)", report)[1])
    if not rate or re.search(r"^ *(Socket errors|Non-2xx or 3xx responses):", report, re.M):
        raise DevError(f"Requests failed:\n{report}")
    return rate
