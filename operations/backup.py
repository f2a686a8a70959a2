"""One backup: copied, packed and encrypted, restored into a scratch cluster and compared; only then is it good."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

from operations import files, media, offsite, pruning, server
from operations.errors import OperatorError
from operations.processes import ROOT, bound, manage, pipe, programs_of, require, run

# A lock of all tables for a moment, in which nothing is written. Others wait behind it for no longer than this (milliseconds).
LOCK_TIMEOUT, LOCK_ATTEMPTS, LOCK_PAUSE_SECONDS = 100, 60, 0.5
WAL_TIMEOUT = 60  # seconds


def make(settings):
    """Make a backup; returns its files.Base. Raises OperatorError, and then leaves the earlier backups as they are."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    require("age", "tar", "gzip", "setpriv", *(["rsync"] if settings.offsite else []))
    files.check_recipient("BACKUP_RECIPIENT", settings.recipient)
    # The copy of erasures holds the lock while it looks for what a killed backup left.
    with files.locked(settings.folder / "lock", patience=5) as is_mine:
        if not is_mine:
            raise OperatorError("Another bin/backup is running. Wait until it has ended.")
        clean(settings)
        pruning.prune(settings)
        began, pictures = time.monotonic(), media.root()
        with server.connect() as source:
            _check_space(settings, source, pictures)
            settings.scratch.mkdir(mode=0o700)
            try:
                base = _make(settings, source, pictures)
            finally:
                clean(settings)
            pruning.prune(settings)
            offsite.send_all(settings)
            _record(source, base, time.monotonic() - began)
    return base


def clean(settings):
    """Remove what a backup left in clear text or unfinished. The caller holds the lock."""
    if settings.scratch.exists():
        files.remove(settings.scratch)
    for part in settings.folder.glob(f"*/base/*{files.PART}"):
        part.unlink()


def clean_after_kill(settings):
    """Remove what a killed backup left; does nothing while one runs."""
    with files.locked(settings.folder / "lock") as is_mine:
        if is_mine:
            clean(settings)


def _check_space(settings, source, pictures):
    """Raise OperatorError unless the scratch copy and the packed one fit."""
    size = server.value(source, "SELECT sum(pg_database_size(oid))::bigint FROM pg_database")
    size += sum((pictures / name).stat().st_size for name in media.relative_files(pictures)) if pictures.exists() else 0
    needed, free = int(size * 1.5) + 128 * 1024**2, shutil.disk_usage(settings.folder).free
    if free < needed:
        raise OperatorError(
            f"BACKUP_FOLDER {settings.folder} has {free // 1024**2} MB free and a backup needs {needed // 1024**2} MB: "
            "free space, or give it another disk."
        )


def _make(settings, source, pictures):
    scratch, data = settings.scratch, settings.scratch / "data"
    major = server.value(source, "SELECT current_setting('server_version_num')::int / 10000")
    programs = programs_of(major)
    media.copy(pictures, scratch / "media")
    meta = {
        "code": version(),
        "database": server.DATABASE,
        "major": major,
        "owner": server.value(
            source, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        ),
        "postgresql": server.value(source, "SELECT version()"),
        # Opens with the keys of the site only.
        "probe": manage("check_restored", "--make-probe").strip(),
    }
    (scratch / "wal").mkdir()
    with subprocess.Popen(
        bound([programs / "pg_receivewal", "--directory", scratch / "wal", "--no-loop"]), stderr=subprocess.DEVNULL
    ) as receiver:
        try:
            run(
                *(programs / "pg_basebackup", "--pgdata", data, "--wal-method", "stream", "--checkpoint", "fast"),
                *("--manifest-checksums", "SHA256", "--no-password"),
            )
            run(programs / "pg_verifybackup", "--quiet", data)
            meta |= _mark_moment(source)
            _wait_for_wal(scratch / "wal", meta["last_segment"], receiver)
        finally:
            receiver.send_signal(signal.SIGINT)
    for segment in (scratch / "wal").iterdir():
        if not segment.name.endswith(".partial"):
            shutil.move(segment, data / "pg_wal" / segment.name)
    base = _base(settings, source, data, meta)
    files.write(_part(base.meta), files.encrypt(json.dumps(meta).encode(), settings.recipient))
    _pack(scratch / "media", base.media, settings.recipient)
    _pack(data, base.database, settings.recipient)
    compare(data, scratch, meta)
    for path in base.files:
        files.publish(_part(path), path)
    return base


def _part(path):
    return path.with_name(path.name + files.PART)


def version():
    """The commit of the code, or the name of its folder."""
    try:
        return run("git", "-C", ROOT, "rev-parse", "HEAD").strip()
    except (OperatorError, OSError):
        return ROOT.name


def _base(settings, source, data, meta):
    system = server.value(source, "SELECT system_identifier FROM pg_control_system()")
    folder = settings.of_system(system) / "base"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    [line] = [
        line for line in (data / "backup_label").read_text().splitlines() if line.startswith("START WAL LOCATION")
    ]
    start = line.partition("(file ")[2].rstrip(")")
    return files.Base(datetime.fromisoformat(meta["moment"]).astimezone(UTC), start, meta["end"], folder)


def _mark_moment(source):
    """A moment at which nothing is being written: its restore point, its rows by table.

    All tables are locked against writers while a second connection takes its snapshot, for some milliseconds, so the restored
    cluster must have exactly the rows of that snapshot.
    """
    with server.connect() as counting:
        for _ in range(LOCK_ATTEMPTS):
            try:
                meta = _try_to_mark(source, counting)
                break
            except server.psycopg2.errors.LockNotAvailable:
                server.query(source, "ROLLBACK")
                time.sleep(LOCK_PAUSE_SECONDS)
        else:
            raise OperatorError("The tables were in use without a pause for half a minute. Run bin/backup again later.")
        server.query(source, "SELECT pg_switch_wal()")
        meta["rows"] = server.count_rows(counting)
        meta["migrations"] = migrations(counting)
    return meta


def migrations(connection):
    """The migrations of the site that a database has."""
    return [list(row) for row in server.query(connection, "SELECT app, name FROM django_migrations ORDER BY id")]


def _try_to_mark(source, counting):
    server.query(counting, "ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ")
    server.query(source, f"BEGIN; SET LOCAL lock_timeout = {LOCK_TIMEOUT}")
    server.query(source, f"LOCK TABLE {', '.join(server.tables(source))} IN SHARE MODE")
    server.query(counting, "SELECT 1")
    name = f"weare1 {datetime.now(UTC).isoformat()}"
    [(moment, lsn, end, segment)] = server.query(
        source,
        "SELECT clock_timestamp(), lsn, (lsn - '0/0')::bigint, pg_walfile_name(lsn) FROM pg_create_restore_point(%s) lsn",
        [name],
    )
    server.query(source, "COMMIT")
    return {"restore_point": name, "moment": moment.isoformat(), "end": int(end), "last_segment": segment}


def _wait_for_wal(folder, segment, receiver):
    deadline = time.monotonic() + WAL_TIMEOUT
    while not (folder / segment).exists():
        if receiver.poll() is not None or time.monotonic() > deadline:
            raise OperatorError(
                "pg_receivewal does not receive the WAL: PostgreSQL needs wal_level = replica and max_wal_senders of 5 or more."
            )
        time.sleep(0.05)


def _pack(folder, target, recipient):
    """Pack the content of a folder into an encrypted file beside `target`, which gets its name once the backup is good."""
    with _part(target).open("wb") as file:
        pipe(
            ["tar", "--create", "--directory", folder, "."],
            ["gzip", "-1"],
            ["age", "--recipient", recipient],
            stdout=file,
        )


def compare(data, scratch, meta):
    """Start the copy, let it recover to its moment, and compare it with the source. Raises OperatorError if it differs."""
    runtime = scratch / "run"
    runtime.mkdir(mode=0o700)
    recovery = {
        "recovery_target_name": meta["restore_point"],
        "recovery_target_action": "promote",
        "restore_command": "false",
        "fsync": "off",
    }
    (data / "recovery.signal").touch()
    with server.running(data, meta["major"], runtime, recovery) as restored:
        role = {"user": meta["owner"]}
        with restored.connect(**role, dbname=meta["database"]) as connection:
            rows, applied = server.count_rows(connection), migrations(connection)
        differing = sorted({table for table, _count in rows.items() ^ meta["rows"].items()})
        if differing or applied != meta["migrations"]:
            raise OperatorError(f"The restored copy differs from the database: {', '.join(differing) or 'migrations'}")
        check_site(restored.url(meta["owner"], meta["database"]))


def check_site(url):
    """Let the site check a restored database: totals, migrations, ciphertexts. Returns its figures; raises OperatorError."""
    return json.loads(manage("check_restored", env=os.environ | {"DATABASE_URL": url}))


def _record(source, base, seconds):
    """Tell the site that there is a good backup."""
    server.query(
        source,
        "INSERT INTO pledges_backup (moment, finished_at, seconds, bytes, copied_at) VALUES (%s, now(), %s, %s, now())",
        [base.moment, round(seconds), base.size],
    )


def describe(base):
    """A sentence about a good backup."""
    return f"Good backup of {base.moment:%Y-%m-%d %H:%M:%S} UTC, {base.size / 1024**2:.1f} MB: {base.database}"
