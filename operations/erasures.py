"""Copies the outbox of erasures beside the backups, and elsewhere, so that a restore can repeat them."""

import json
import uuid
from datetime import UTC, datetime

from operations import backup, files, offsite, server
from operations.processes import require

# Entries of one file.
BATCH_ROWS = 5000


def copy(settings):
    """Copy all entries of the outbox that were not copied; returns how many. Does nothing while another call copies.

    An entry is marked only once its file is on the disk, and each is found by its own mark: those of transactions that are
    committed later, with smaller numbers, are found by the next call. An interruption copies entries twice, which replaying
    them allows.
    """
    require("age", "setpriv", *(["rsync"] if settings.offsite else []))
    backup.clean_after_kill(settings)
    copied = 0
    with files.locked(settings.folder / "erasures.lock") as is_mine, server.connect() as connection:
        if not is_mine:
            return 0
        system = server.value(connection, "SELECT system_identifier FROM pg_control_system()")
        is_last = False
        while not is_last and (entries := _uncopied(connection)):
            name = f"{datetime.now(UTC):{files.TIME}}-{uuid.uuid4().hex[:12]}.age"
            lines = "".join(f"{json.dumps(entry, separators=(',', ':'))}\n" for entry in entries)
            files.write(
                settings.of_system(system) / "erasures" / name, files.encrypt(lines.encode(), settings.recipient)
            )
            server.query(
                connection,
                "UPDATE pledges_outboxentry SET copied_at = now() WHERE id = ANY (%s::uuid[])",
                [[entry["id"] for entry in entries]],
            )
            copied += len(entries)
            # What is committed meanwhile is left to the next run: there may be no end of it.
            is_last = len(entries) < BATCH_ROWS
        offsite.send_new(settings)
        # The site's alarm looks at it.
        server.query(
            connection,
            "UPDATE pledges_backup SET copied_at = now() WHERE id = (SELECT max(id) FROM pledges_backup)",
        )
    return copied


def _uncopied(connection):
    found = server.query(
        connection,
        "SELECT id::text, number, at, kind, rows FROM pledges_outboxentry WHERE copied_at IS NULL ORDER BY number LIMIT %s",
        [BATCH_ROWS],
    )
    return [
        {"id": pk, "number": number, "at": at.isoformat(), "kind": kind, "rows": rows}
        for pk, number, at, kind, rows in found
    ]


def read(folder, identity, since):
    """The entries of the files written since this time, each once, by number."""
    entries = {}
    for path in sorted((folder / "erasures").glob("*.age")):
        if files.read_time(path.name.partition("-")[0]) >= since:
            for line in files.decrypt(path, identity).decode().splitlines():
                entry = json.loads(line)
                entries[entry["id"]] = entry
    return sorted(entries.values(), key=lambda entry: entry["number"])
