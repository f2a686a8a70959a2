"""bin/bench [name…]: runs measurements. Each prints its figures, and the ratio last; `all` ends with a table of the targets."""

import argparse
import importlib
import os
import platform
import signal
import sys
from dataclasses import dataclass

import django
from django.db import connection

from bench.rounds import Options, number
from dev import DevError

# {name: (module, description)}. The function has the name of the measurement. `all` runs them in this order, which fills the
# database as seldom as possible.
MEASUREMENTS = {
    "pages": ("pages", "home, help, totals and form, 200 and 304, an empty view, and a bare answer of the same bytes"),
    "sign": ("sign", "sending the pledge form, and an empty view"),
    "counting": ("counting", "age and cost of the figures, by number of pledges, while 50 people a second confirm"),
    "mail": ("mail", "messages sent by one worker to a fast and to a slow server"),
    "scale": ("scale", "response times and lists of the admin, by number of pledges"),
    "settle": ("sign", "settling submissions at a million pledges"),
}
# Not part of `all`: it downloads Lighthouse.
EXTRA = {"lighthouse": ("lighthouse", "Lighthouse scores of nineteen pages")}
# Load average of the last minute above which other programs falsify the figures.
IDLE_LOAD = 0.5


@dataclass(frozen=True)
class Target:
    """A limit for one figure. `what` is the key of the figure among those that the measurement returns."""

    what: str
    limit: float
    unit: str = ""
    at_most: bool = False

    def is_met(self, figure):
        """Whether the figure is within the limit. None, a figure that was not measured, is not."""
        return figure is not None and (figure <= self.limit if self.at_most else figure >= self.limit)

    @property
    def text(self):
        """The limit as text, such as "≤ 1.1" or "≥ 3,000 /s"."""
        return f"{'≤' if self.at_most else '≥'} {number(self.limit)}{self.unit}"


TARGETS = [
    *(
        Target(f"{name}, {status} / empty view", 2.5)
        for name in ("home", "help", "totals", "form")
        for status in (200, 304)
    ),
    Target("sign / empty view", 0.28),
    Target("age of figures, 1,000,000 pledges", 2, " s", at_most=True),
    Target("counting, share of a core, 1,000,000 pledges", 0.15, at_most=True),
    Target("settle at a million pledges", 2000, "/s"),
    Target("mail, fast server", 150, "/s"),
    Target("mail, server of 0.3 s, 32 connections", 75, "/s"),
    *(
        Target(f"{name}, time with most / fewest pledges", 1.1, at_most=True)
        for name in ("home", "totals", "totals.json", "sign")
    ),
    Target("slowest admin page with most pledges", 0.5, " s", at_most=True),
]


def table(figures):
    """The lines of the table, one for each target, from {what: figure}. A figure that is missing counts as short."""
    cells = [("what", "figure", "target", "")]
    for target in TARGETS:
        figure = figures.get(target.what)
        shown = "not measured" if figure is None else f"{number(figure)}{target.unit}"
        cells.append((target.what, shown, target.text, "meets" if target.is_met(figure) else "short"))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def parse(arguments):
    """The names of the measurements, and the Options."""
    choices = MEASUREMENTS | EXTRA
    lines = [f"  {name:<12}{description}" for name, (_module, description) in choices.items()]
    parser = argparse.ArgumentParser(
        prog="bin/bench",
        description="\n".join(["Measures the site. Names:", *lines, "  all         all but lighthouse, and a table"]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="name", choices=[*choices, "all"])
    defaults = Options()
    parser.add_argument("--seconds", type=int, default=defaults.seconds, help="length of one run of wrk (%(default)s)")
    parser.add_argument("--rounds", type=int, default=defaults.rounds, help="runs, whose median counts (%(default)s)")
    parser.add_argument(
        "--rows", type=numbers, default=defaults.rows, help="numbers of pledges for scale (%(default)s)"
    )
    options = vars(parser.parse_args(arguments))
    names = options.pop("names")
    if not names:
        parser.print_help()
        parser.exit()
    return names, Options(**options)


def numbers(text):
    """The integers in a list such as "1000,100000"."""
    return tuple(int(part) for part in text.split(","))


def main(arguments=None):
    """The command line; returns the exit status or an error message."""
    load = os.getloadavg()[0]
    # All servers are stopped on SIGTERM too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    names, options = parse(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weare1.settings")
    django.setup()
    # They import models, which setup() loads.
    from bench import rows
    from dev import serve

    try:
        rows.prepare()
        serve.collect_static()
        print(f"{os.cpu_count()} cores, Python {platform.python_version()}, Django {django.__version__}, ", end="")
        print(f"PostgreSQL {connection.pg_version // 10_000}, load average before {number(load)}", flush=True)
        if load > IDLE_LOAD:
            print(f"The machine is not idle (load average above {IDLE_LOAD}): the figures are not reliable.")
        if "all" in names:
            return measure_all(options)
        for name in names:
            measure(name, options)
    except DevError as error:
        return str(error)
    except KeyboardInterrupt:
        return "Stopped."
    return 0


def measure(name, options):
    """Run one measurement; returns its figures, {what: figure}."""
    module, _description = (MEASUREMENTS | EXTRA)[name]
    print(f"\n{name}", flush=True)
    return getattr(importlib.import_module(f"bench.{module}"), name)(options)


def measure_all(options):
    """Run all measurements and print the table; returns the exit status. One that fails does not stop the others."""
    figures, failed = {}, []
    for name in MEASUREMENTS:
        try:
            figures |= measure(name, options)
        except Exception as error:
            failed.append(name)
            print(f"{name} has failed: {type(error).__name__}: {error}", flush=True)
    print("", *table(figures), sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
