#!/usr/bin/env python3
"""Django's management commands: .venv/bin/python manage.py COMMAND."""

import os
import sys

# An older Python must be able to parse this file and reach this check.
if sys.version_info < (3, 12):  # noqa: UP036 - the check is for Pythons below the target version
    sys.exit("This needs Python 3.12 or newer: run bin/serve, which finds one and prepares .venv with it.")


def main():
    """Run the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weare1.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import OperationalError
    except ModuleNotFoundError:
        sys.exit("This Python has no Django: run bin/serve, then use .venv/bin/python manage.py.")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A missing or malformed environment variable: the sentence says what to set.
        sys.exit(str(error))
    except OperationalError as error:
        # With an SQLSTATE the database has answered.
        if getattr(error.__cause__, "pgcode", None):
            raise
        words = " ".join(str(error).split())
        sys.exit(f"PostgreSQL does not answer: check DATABASE_URL, and systemctl status postgresql ({words}).")


if __name__ == "__main__":
    main()
