"""bin/bench [name…]: runs measurements. Each prints its figures, and the ratio last; `all` ends with a table of the targets."""

import argparse
import importlib
import os
import platform
import signal
import sys

import django
from django.db import connection

from bench.rounds import Options, number
from dev import DevError, serve

# {name: (module, description)}. The function has the name of the measurement. `all` runs them in this order, which fills the
# database as seldom as possible.
MEASUREMENTS = {
    "pages": ("pages", "home, help, totals and form, 200 and 304, an empty view, and a bare answer of the same bytes"),
    "sign": ("sign", "sending the pledge form, and an empty view"),
    "mail": ("sign", "messages sent by one worker to a fast and to a slow server"),
    "scale": ("scale", "response times, lists of the admin and one count, by number of pledges"),
    "settle": ("sign", "settling submissions at a million pledges"),
    "export": ("million", "exporting a million pledges, in rows per second"),
    "rotate": ("million", "changing the keys of a million pledges"),
    "lighthouse": ("lighthouse", "Lighthouse scores of twenty pages; not part of all, because it downloads Lighthouse"),
}
# Load average of the last minute above which other programs falsify the figures.
IDLE_LOAD = 0.5
# {key of a figure that a measurement returns: (least or most, limit, unit)}
TARGETS = {
    **{
        f"{page}, {status} / empty view": ("≥", 2.5, "")
        for page in ("home", "help", "totals", "form")
        for status in (200, 304)
    },
    "sign / empty view": ("≥", 0.28, ""),
    "settle at a million pledges": ("≥", 2000, "/s"),
    **{f"export of a million as {kind}": ("≥", 40_000, "/s") for kind in ("csv", "xlsx")},
    "new keys for a million pledges": ("≤", 30, " min"),
    "mail, fast server": ("≥", 150, "/s"),
    "mail, server of 0.3 s, 32 connections": ("≥", 75, "/s"),
    **{
        f"{name}, time with most / fewest pledges": ("≤", 1.1, "") for name in ("home", "totals", "totals.json", "sign")
    },
    # Eight counts (PAUSES of pledges/counting/models.py), and 1.2 s until a page shows the last one: figures of two seconds.
    "one count of most pledges": ("≤", 0.1, " s"),
    "slowest admin page with most pledges": ("≤", 0.5, " s"),
}


def print_table(figures):
    """Print a line for each target, from {what: figure}. A figure that is missing counts as short."""
    print(f"\n{'what':<48}{'figure':<14}target")
    for what, (sign, limit, unit) in TARGETS.items():
        figure = figures.get(what)
        is_met = figure is not None and (figure <= limit if sign == "≤" else figure >= limit)
        shown = "not measured" if figure is None else f"{number(figure)}{unit}"
        print(f"{what:<48}{shown:<14}{f'{sign} {number(limit)}{unit}':<12}{'meets' if is_met else 'short'}")


def _numbers(text):
    return [int(each) for each in text.split(",")]


def parse():
    """The names of the measurements, and the Options."""
    lines = [f"  {name:<12}{description}" for name, (_module, description) in MEASUREMENTS.items()]
    parser = argparse.ArgumentParser(
        prog="bin/bench",
        description="\n".join(["Measures the site. Names:", *lines, "  all         all of them, and a table"]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="name", choices=[*MEASUREMENTS, "all"])
    parser.add_argument("--seconds", type=int, default=5, help="length of one run of wrk (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="runs, whose median counts (%(default)s)")
    parser.add_argument("--rows", type=_numbers, default="1000,1000000", help="pledges (%(default)s)")
    options = vars(parser.parse_args())
    names = options.pop("names")
    if not names:
        parser.print_help()
        parser.exit()
    return names, Options(**options)


def main():
    """The command line; returns the exit status or an error message. With `all` one that fails does not stop the others."""
    load = os.getloadavg()[0]
    # All servers are stopped on SIGTERM too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    names, options = parse()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weare1.settings")
    django.setup()
    # It imports models, which setup() loads.
    from bench import rows

    is_all, figures, status = "all" in names, {}, 0
    try:
        rows.prepare()
        serve.collect_static()
        print(f"{os.cpu_count()} cores, Python {platform.python_version()}, Django {django.__version__}, ", end="")
        print(f"PostgreSQL {connection.pg_version // 10_000}, load average before {number(load)}", flush=True)
        if load > IDLE_LOAD:
            print(f"The machine is not idle (load average above {IDLE_LOAD}): the figures are not reliable.")
        for name in list(MEASUREMENTS)[:-1] if is_all else names:
            print(f"\n{name}", flush=True)
            try:
                figures |= getattr(importlib.import_module(f"bench.{MEASUREMENTS[name][0]}"), name)(options)
            except Exception as error:
                if not is_all:
                    raise
                status = 1
                print(f"{name} has failed: {type(error).__name__}: {error}", flush=True)
    except DevError as error:
        return str(error)
    except KeyboardInterrupt:
        return "Stopped."
    if is_all:
        print_table(figures)
    return status


if __name__ == "__main__":
    sys.exit(main())
