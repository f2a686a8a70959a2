"""The weekly proof: the last backup is restored into a scratch cluster and compared with the database."""

import shutil
import sys
import time
import uuid
from pathlib import Path

from operations.tools import OperatorError, connected, count_rows, damage, manage, note, pgbackrest, restic, server


def check():
    """Restore, count, compare, and mail the result in one line; returns it. Raises OperatorError if something is wrong."""
    try:
        line = _check()
    except (OperatorError, OSError) as error:
        _tell(f"The backup is not good: {error}")
        raise
    note("checked_at")
    _tell(line)
    return f"{line}\n"


def _tell(line):
    try:
        manage("tell_operators", "--line", line)
    except OperatorError as error:
        # `/readyz` names mail that fails, and the journal has the line.
        print(error, file=sys.stderr)


def _check():
    began = time.monotonic()
    try:
        # What commits between the snapshot and the restore point, some microseconds, is counted on one side only.
        differing = _compare() and _compare()
        wrong = differing and f"The restored copy differs from the database in {', '.join(differing)}."
    except OperatorError as error:
        wrong = str(error)
    if wrong := damage() or wrong:
        raise OperatorError(wrong)
    restic("check", "--read-data")
    return f"The backup is good: restored and compared in {time.monotonic() - began:.0f} seconds."


def _compare():
    """The tables whose rows are not as many in the restored copy as in the database at the same moment."""
    # Outside the folder that another machine reads: for some minutes it is a cluster in clear.
    name, scratch = f"check {uuid.uuid4()}", Path("/var/tmp/weare1-check")
    with connected() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_create_restore_point(%s)", [name])
        expected = count_rows(cursor)
    # Waits until the log of changes up to here is archived.
    pgbackrest("check")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o700)
    try:
        # Its own log of changes must not be archived.
        options = ("--type=name", f"--target={name}", "--target-action=promote", "--archive-mode=off")
        pgbackrest("restore", f"--pg1-path={scratch}", *options)
        with server(scratch, fsync="off", archive_mode="off") as restored:
            with connected(restored) as cursor:
                found = count_rows(cursor)
            manage("check_restored", url=restored)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return sorted({table for table, _count in expected.items() ^ found.items()})
