#!/usr/bin/env python3
"""Django's management commands: .venv/bin/python manage.py COMMAND."""

import errno
import os
import sys

# An older Python must be able to parse this file and reach this check.
if sys.version_info < (3, 12):  # noqa: UP036 - the check is for Pythons below the target version
    sys.exit("This needs Python 3.12 or newer: run bin/serve, which finds one and prepares .venv with it.")

# {SQLSTATE: what to do}
ADVICE = {
    "42P01": "The database lacks tables of this version: run manage.py migrate.",
    "53100": "The disk of PostgreSQL is full: free space, then run this again.",
    "25006": "PostgreSQL only reads: connect to the primary, or find out who set default_transaction_read_only.",
}


def main():
    """Run the command line. What a person can mend is a sentence, and anything else an error of Python."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weare1.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import DatabaseError, OperationalError
    except ModuleNotFoundError:
        sys.exit("This Python has no Django: run bin/serve, then use .venv/bin/python manage.py.")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A missing or malformed environment variable: the sentence says what to set.
        sys.exit(str(error))
    except DatabaseError as error:
        state = getattr(error.__cause__, "pgcode", None)
        if state in ADVICE:
            sys.exit(ADVICE[state])
        # With another one the database has answered, and this is a fault of the code.
        if state or not isinstance(error, OperationalError):
            raise
        words = " ".join(str(error).split())
        sys.exit(f"PostgreSQL does not answer: check DATABASE_URL, and systemctl status postgresql ({words}).")
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.exit("The disk is full: free space, then run this again.")


if __name__ == "__main__":
    main()
