"""bin/bench [name…]: runs measurements. Each prints its figures, and the ratio last; `all` ends with a table of the targets."""

import argparse
import importlib
import os
import signal
import sys

import django

from bench.rounds import Options
from bench.targets import table
from dev.errors import DevError

# {name: (module, description)}. The function has the name of the measurement. `all` runs them in this order, which fills the
# database as seldom as possible.
MEASUREMENTS = {
    "size": ("weight", "bytes and requests of every public page"),
    "start": ("processes", "time from the start of the process to the first answer"),
    "home": ("reading", "the home page, 200 and 304, and an empty view"),
    "help": ("reading", "the help page, 200 and 304, and an empty view"),
    "totals": ("reading", "the totals, 200 and 304, and an empty view"),
    "form": ("reading", "the pledge form, 200 and 304, and an empty view"),
    "busy": ("reading", "the home page while 50 pledges are confirmed each second"),
    "cold": ("reading", "CPU time of the home page after a change of content"),
    "page": ("reading", "the home page through nginx, and the same bytes as a static file"),
    "memory": ("processes", "resident memory after 1,000 and after 100,000 requests"),
    "pictures": ("pictures", "drawing the share card of the total"),
    "sign": ("signing", "sending the pledge form, and an empty view"),
    "confirm": ("confirming", "16 clients confirming in one cell of the tally, and spread over all cells"),
    "mail": ("mail", "messages sent by one worker to a fast and to a slow server"),
    "news": ("news", "news by email to 100,000 people, while the worker is killed twice"),
    "settle": ("signing", "settling submissions at a million pledges"),
    "admin": ("admin", "pages and batches of the admin at a million pledges"),
    "export": ("exports", "exports of a million pledges"),
    "fuzz": ("fuzz", "150,000 random, often malformed requests to gunicorn and nginx: errors, hangs, memory, rows"),
    "scale": ("scale", "response times, periodic work and the admin, by number of pledges"),
}
# Not part of `all`: the first downloads Lighthouse, the second has no targets.
EXTRA = {
    "lighthouse": ("lighthouse", "Lighthouse scores of nineteen pages"),
    "storage": ("storage", "bytes of a pledge, and transactions, WAL and blocks on its way, by number of pledges"),
}


def parse(arguments):
    """The names of the measurements, and the Options."""
    choices = MEASUREMENTS | EXTRA
    lines = [f"  {name:<12}{description}" for name, (_module, description) in choices.items()]
    parser = argparse.ArgumentParser(
        prog="bin/bench",
        description="Measures the site. Names:\n"
        + "\n".join([*lines, "  all         all but the last two, and a table"]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="name", choices=[*choices, "all"])
    parser.add_argument("--seconds", type=int, default=Options.seconds, help="length of one run of wrk (%(default)s)")
    parser.add_argument(
        "--rounds", type=int, default=Options.rounds, help="runs of which the median counts (%(default)s)"
    )
    parser.add_argument("--rows", type=numbers, default=Options.rows, help="numbers of pledges for scale (%(default)s)")
    parser.add_argument("--workers", type=int, help="gunicorn's processes (as in deploy/gunicorn.service)")
    parser.add_argument("--threads", type=int, help="gunicorn's threads in each process (likewise)")
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
    from bench import machine, rows
    from dev import serve

    try:
        rows.prepare()
        serve.collect_static()
        print(*machine.describe(load), sep="\n", flush=True)
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
