"""The nightly backup, and the tombstones that are copied beside it."""

import json
import os
import time
import uuid
from datetime import UTC, datetime

from operations.tools import OperatorError, backups, connected, folder, keep_days, media, note, pgbackrest, restic

MOST_ROWS = 50_000


def make():
    """Back the database and the media up; returns a sentence.

    pgBackRest keeps two full backups, so nothing is older than half of BACKUP_KEEP_DAYS; copies elsewhere keep what they pull for
    the other half.
    """
    began, days = time.monotonic(), keep_days()
    pgbackrest("stanza-create")
    kind = "full" if _full_is_due() else "diff"
    pgbackrest("backup", f"--type={kind}")
    if not (folder() / "media" / "config").exists():
        restic("init")
    # Of a backup that was killed. Those of programs that run stay.
    restic("unlock")
    restic("backup", media())
    restic("forget", f"--keep-within={days // 2}d", "--group-by=", "--prune")
    copy_tombstones()
    for path in (folder() / "tombstones").glob("*.jsonl"):
        # No backup is as old.
        if time.time() - path.stat().st_mtime > days * 86400:
            path.unlink()
    note("made_at")
    return f"Backup made in {time.monotonic() - began:.0f} seconds ({kind}).\n"


def full_days():
    """The days from one full backup to the next."""
    return keep_days() // 4


def _full_is_due():
    try:
        full = [each for each in backups()["backup"] if each["type"] == "full"]
    except OperatorError:
        return True
    # Backups are made at about the same time each night.
    return time.time() - full[-1]["timestamp"]["start"] > (full_days() - 0.5) * 86400


def copy_tombstones():
    """Copy the tombstones that were not copied into a file; the transaction that marks them commits once it is on the disk.

    Each is found by its own mark: those of transactions that commit late are found by the next call. An interruption copies some
    twice, which applying them allows.
    """
    with connected() as cursor:
        cursor.execute(
            "UPDATE pledges_tombstone SET copied_at = now() WHERE id IN ("
            "SELECT id FROM pledges_tombstone WHERE copied_at IS NULL LIMIT %s"
            ") RETURNING to_jsonb(pledges_tombstone) - 'copied_at'",
            [MOST_ROWS],
        )
        if rows := cursor.fetchall():
            place = folder() / "tombstones"
            place.mkdir(mode=0o700, exist_ok=True)
            path = place / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:12]}.jsonl"
            # A part of it never has its name.
            part = path.with_suffix(".part")
            part.write_text("".join(f"{json.dumps(row)}\n" for (row,) in rows))
            os.sync()
            part.rename(path)
            os.sync()
    note("copied_at")


def read_tombstones():
    """All tombstones that were copied, one JSON object a line. Raises OperatorError for a damaged file."""
    lines = []
    for path in sorted((folder() / "tombstones").glob("*.jsonl")):
        try:
            found = path.read_text().splitlines()
            [json.loads(line) for line in found]
        except ValueError:
            raise OperatorError(f"{path} is damaged: fetch it again from the other place.") from None
        lines += found
    return "".join(f"{line}\n" for line in lines)
