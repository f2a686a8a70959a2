"""How a measurement is repeated and compared: interleaved rounds, medians, ratios."""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """The options of the command line. `seconds` is the length of one run of wrk."""

    seconds: int = 5
    rounds: int = 5
    rows: tuple[int, ...] = (1_000, 1_000_000)


def interleave(runs, rounds):
    """{name: [a figure for each round]} of {name: function that returns a figure}.

    Each round calls every function once, in order (ABAB…), so that all of them meet the same load of the machine.
    """
    figures = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            figures[name].append(run())
    return figures


def number(value):
    """A figure as text with about three digits: "0.053", "14.2", "3,120"."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def show(what, figures, unit="/s"):
    """Print minimum, median and maximum of the figures; returns the median."""
    median = statistics.median(figures)
    low, middle, high = map(number, (min(figures), median, max(figures)))
    print(f"{what}: {middle}{unit} (min {low}, max {high})", flush=True)
    return median


def compare(runs, rounds, ratios):
    """Run interleaved rounds, print the figures and then the ratios of their medians; returns {what: ratio}.

    `ratios` is {what: (name of a run, name of its reference)}.
    """
    medians = {name: show(name, figures) for name, figures in interleave(runs, rounds).items()}
    return {what: show_ratio(what, medians[name] / medians[reference]) for what, (name, reference) in ratios.items()}


def show_ratio(what, ratio):
    """Print a ratio; returns it."""
    print(f"{what}: ratio {number(ratio)}", flush=True)
    return ratio
