"""Restoring into an empty place, with the tombstones that came later, and the weekly proof: into a scratch cluster."""

import contextlib
import json
import os
import shutil
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from operations import tools
from operations.backup import read_tombstones
from operations.tools import OperatorError, connected, manage, media, pgbackrest, restic, run, server

# For clocks that were set back, and for transactions that take long.
MARGIN = timedelta(days=1)


def moment(text):
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise OperatorError("--until must be a time with its zone, such as 2026-11-26T15:00:00+01:00.")
    return found


def restore(until, administrator, data):
    """Restore the database and the media; returns sentences. On an error the places are empty again."""
    if until and not administrator:
        raise OperatorError("With --until name the email address of one --administrator: all other staff are locked.")
    began, found = time.monotonic(), tools.backups()
    data = data or Path("/var/lib/postgresql") / found["db"][-1]["version"] / "main"
    tombstones = read_tombstones()
    for place in (data, media()):
        if place.exists() and any(place.iterdir()):
            raise OperatorError(f"{place} is not empty. Move it away first, for example: mv {place} {place}.before")
    try:
        at, figures = _restore_database(until, administrator, data, found, tombstones)
        _restore_media(at)
    except BaseException as error:
        for place in (data, media()):
            tools.empty(place)
        if isinstance(error, OperatorError):
            raise OperatorError(tools.damage() or str(error)) from error
        raise
    applied = ", ".join(f"{number} {kind.removeprefix('pledges_')}" for kind, number in figures["applied"].items())
    locked = f"All staff but {administrator} are locked: {administrator} opens them again.\n" if administrator else ""
    return (
        f"Restored to {at.isoformat()} in {time.monotonic() - began:.0f} seconds: "
        f"{figures['confirmed']} confirmed pledges.\n"
        f"Erased, ended, changed or blocked again: {applied or 'nothing'}.\n"
        f"All staff are signed out and open invitations ended.\n{locked}"
        f"Next: start PostgreSQL on {data}, then the site, then run /srv/weare1/current/bin/backup.\n"
    )


def _restore_database(until, administrator, data, found, tombstones):
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account := tools.as_account():
        os.chown(data, account["user"], account["group"])
    target = ()
    if until:
        target = ("--type=time", f"--target={until.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00", "--target-action=promote")
    pgbackrest("restore", f"--pg1-path={data}", *target)
    # The files of the new timeline wait until PostgreSQL is started as usual, which archives them.
    with server(data, archive_mode="on", archive_command="") as restored:
        with connected(restored) as cursor:
            cursor.execute("SELECT pg_last_xact_replay_timestamp(), pg_last_wal_replay_lsn() - '0/0'")
            at, end = cursor.fetchone()
        if not until:
            _require_all_of(found["archive"][-1]["max"], int(end))
        at = at or datetime.fromtimestamp(found["backup"][-1]["timestamp"]["stop"], UTC)
        figures = manage(
            *("finish_restore", f"--since={(at - MARGIN).isoformat()}"),
            *([f"--administrator={administrator}"] if administrator else []),
            input=tombstones,
            url=restored,
        )
    return at, json.loads(figures)


def _require_all_of(last, end):
    """Raise OperatorError unless the recovery came to the last archived segment: PostgreSQL takes a damaged one for the end."""
    segment = int(last[8:16], 16) << 8 | int(last[16:24], 16)
    if end >> 24 < segment:
        missing = f"{(end >> 24) + 1 >> 8:08X}{(end >> 24) + 1 & 255:08X}"
        raise OperatorError(
            f"The log of changes …{missing} is missing. Fetch it again from the other place, "
            "or restore an earlier moment with --until."
        )


def _restore_media(at):
    """Restore the copies before and after the moment: the worker deletes files that no row names."""
    found = json.loads(restic("snapshots", "--json"))
    later = sum(datetime.fromisoformat(each["time"]) > at for each in found)
    for each in found[max(len(found) - later - 1, 0) :][:2]:
        restic("restore", f"{each['id']}:{each['paths'][0]}", "--target", media())
    with contextlib.suppress(KeyError):
        if tools.as_account("weare1"):
            # As the site writes them: nginx and the backups read them by their group.
            run("chown", "-R", f"weare1:{tools.MEDIA_GROUP}", media())
            run("chmod", "-R", "u=rwX,g=rX,o=", media())
            run("find", media(), "-type", "d", "-exec", "chmod", "g+s", "{}", "+")


# The weekly proof


def check():
    """Restore, count, compare, and mail the result in one line; returns it. Raises OperatorError if something is wrong."""
    try:
        line = _check()
    except (OperatorError, OSError) as error:
        _tell(f"The backup is not good: {error}")
        raise
    tools.note("checked_at")
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
    if wrong := tools.damage() or wrong:
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
        expected = tools.count_rows(cursor)
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
                found = tools.count_rows(cursor)
            manage("check_restored", url=restored)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return sorted({table for table, _count in expected.items() ^ found.items()})
