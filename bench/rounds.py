"""How a measurement is repeated and compared: interleaved rounds, medians, ratios."""

import statistics
from collections import namedtuple

# The options of the command line. `seconds` is the length of one run of wrk, `rows` are numbers of pledges.
Options = namedtuple("Options", "seconds rounds rows")


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
