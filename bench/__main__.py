"""bin/bench [name]: the measurements of this folder, each printing its figure and ratio last."""

import importlib
import os
import sys
from pathlib import Path

import django

# What the others measure with.
ROWS = "million"
NAMES = sorted({path.stem for path in Path(__file__).parent.glob("[a-z]*.py")} - {ROWS})


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weare1.settings")
    wanted = sys.argv[1:] or NAMES
    if unknown := sorted(set(wanted) - set(NAMES)):
        sys.exit(f"No measurement called {', '.join(unknown)}: choose among {', '.join(NAMES)}.")
    django.setup()
    for name in wanted:
        importlib.import_module(f"bench.{name}").main()


main()
