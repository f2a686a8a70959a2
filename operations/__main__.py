"""The command lines of bin/backup and bin/restore. Every error is a sentence."""

import argparse
import errno
import sys
from pathlib import Path

from operations import backup, erasures, keys, restore, settings, wal
from operations.errors import OperatorError


def run_backup(arguments):
    """bin/backup."""
    parser = argparse.ArgumentParser(prog="bin/backup", description="Make a verified, encrypted backup.")
    actions = parser.add_subparsers(dest="action", title="other actions")
    actions.add_parser("erasures", help="copy new erasures beside the backups (every 30 seconds, by a timer)")
    actions.add_parser("keys", help="write the site's keys, encrypted, to a new file").add_argument("file", type=Path)
    actions.add_parser("wal", help="PostgreSQL's archive_command").add_argument("path", type=Path)
    options = parser.parse_args(arguments)
    if options.action == "wal":
        # Without backups no WAL is kept, and PostgreSQL's disk does not fill up.
        if settings.is_set_up():
            wal.store(settings.read(), options.path)
        return
    if options.action == "keys":
        settings.load_environment(settings.SITE_FILE)
        keys.save(settings.read(), options.file)
        print(f"The keys are in {options.file}. Copy it to a place apart from the backups, then delete it here.")
        return
    settings.leave_root()
    if options.action == "erasures" and not settings.is_set_up():
        return
    found = settings.read()
    settings.check_folder(found)
    if options.action == "erasures":
        erasures.copy(found)
    else:
        print(backup.describe(backup.make(found)))


def run_restore(arguments):
    """bin/restore."""
    parser = argparse.ArgumentParser(prog="bin/restore", description="Restore a backup into an empty place.")
    parser.add_argument("source", type=Path, help="the folder of the backups, or one file ….base.age")
    parser.add_argument("--identity", type=Path, required=True, help="the file with the private key of age")
    parser.add_argument("--until", help="the moment, such as 2026-11-26T15:00:00+01:00 (default: the latest)")
    parser.add_argument("--data", type=Path, help="PostgreSQL's data folder (default: Debian's)")
    parser.add_argument("--media", type=Path, help="the folder of the pictures (default: MEDIA_ROOT)")
    options = parser.parse_args(arguments)
    settings.load_environment(settings.SITE_FILE)
    until = restore.read_moment(options.until) if options.until else None
    places = [path and path.absolute() for path in (options.source, options.identity, options.data, options.media)]
    figures = restore.restore(restore.Request(places[0], places[1], until, places[2], places[3]))
    replayed = ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in figures["replayed"].items())
    print(
        f"Restored to {figures['moment']} in {figures['seconds']} seconds, from the backup {figures['backup']}: "
        f"{figures['confirmed']} confirmed pledges, {figures['pictures']} files of pictures.\n"
        f"Repeated what came later: {replayed or 'nothing'}.\n"
        "All staff are signed out and open invitations ended.\n"
        f"Next: start PostgreSQL on {figures['data']}, then the site, then run bin/backup."
    )


def run_fetch(arguments):
    """PostgreSQL's restore_command, while bin/restore runs."""
    sys.exit(wal.fetch_for_postgresql(*arguments))


if __name__ == "__main__":
    try:
        {"backup": run_backup, "restore": run_restore, "fetch": run_fetch}[sys.argv[1]](sys.argv[2:])
    except OperatorError as error:
        sys.exit(str(error))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            sys.exit("The disk is full. Free space, or give BACKUP_FOLDER another disk.")
        sys.exit(f"{error.filename}: {error.strerror}.")
