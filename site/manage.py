#!/usr/bin/env python3
"""Django's commands for this project: .venv/bin/python manage.py COMMAND."""

import os
import sys

# Read by whatever Python people have, so nothing newer than that may stand above.
if sys.version_info < (3, 12):  # noqa: UP036
    sys.exit("This needs Python 3.12 or newer: run bin/serve, which finds one and prepares .venv with it.")


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weare1.settings")
    try:
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError:
        sys.exit("This Python has no Django: run bin/serve, then use .venv/bin/python manage.py.")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
