"""bin/bench [name…]: runs the measurements of this folder. Each prints its figure and ratio last."""

import importlib
import os
import sys
from pathlib import Path

import django

# Not a measurement: it makes the rows that the others measure with.
ROWS = "million"
NAMES = sorted({path.stem for path in Path(__file__).parent.glob("[a-z]*.py")} - {ROWS})


def main():
    """Run the measurements named on the command line, or all."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weare1.settings")
    wanted = sys.argv[1:] or NAMES
    if unknown := sorted(set(wanted) - set(NAMES)):
        sys.exit(f"Unknown measurement {', '.join(unknown)}: choose from {', '.join(NAMES)}.")
    django.setup()
    for name in wanted:
        importlib.import_module(f"bench.{name}").main()


main()
