"""Backup and restore of an installed machine, by pgBackRest and restic: bin/backup, bin/check-backup and bin/restore.

It imports no app: it uses SQL and manage.py. Every error is a sentence.
"""

import argparse
import sys
from pathlib import Path

from operations import backup, restore
from operations.tools import OperatorError, explained


def main():
    """One of four commands; its function returns what is printed."""
    parser = argparse.ArgumentParser(prog="bin/…")
    commands = parser.add_subparsers(required=True)
    for name, function in {"backup": backup.make, "erasures": backup.copy_tombstones, "check": restore.check}.items():
        commands.add_parser(name).set_defaults(function=function)
    command = commands.add_parser("restore", description="Restore the backups of this machine into empty places.")
    command.add_argument("--until", type=restore.moment, help="such as 2026-11-26T15:00:00+01:00 (default: the latest)")
    command.add_argument(
        "--administrator", help="with --until or an older folder: who is not locked, and opens the other accounts again"
    )
    command.add_argument("--data", type=Path, help="PostgreSQL's data folder (default: Debian's)")
    command.set_defaults(function=restore.restore)
    options = vars(parser.parse_args())
    return options.pop("function")(**options)


if __name__ == "__main__":
    try:
        print(main() or "", end="")
    except OperatorError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(explained(str(error)))
