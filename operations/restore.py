"""Restoring a backup into an empty place, and repeating the erasures that came later."""

import contextlib
import grp
import json
import os
import pwd
import shutil
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from operations import erasures, files, media, server, wal
from operations.errors import OperatorError
from operations.processes import ROOT, manage, pipe, programs_of, require
from operations.settings import ACCOUNT, MEDIA_GROUP

SITE_ACCOUNT = "weare1"
# No transaction takes longer, and clocks differ less: what was erased so long before the moment is erased in the backup.
MARGIN = timedelta(days=1)


@dataclass(frozen=True)
class Request:
    """What to restore where. `until` is None for the latest moment; `data` and `pictures` are None for the usual places."""

    source: Path
    identity: Path
    until: datetime | None
    data: Path | None
    pictures: Path | None


def read_moment(text):
    """The moment of --until."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise OperatorError("--until must be a time with its zone, such as 2026-11-26T15:00:00+01:00.")
    if moment > datetime.now(UTC):
        raise OperatorError("--until lies in the future. Leave it out to restore the latest moment.")
    return moment


def restore(request):
    """Restore; returns a dictionary of figures. On an error, the place is empty again."""
    began = time.monotonic()
    require("age", "tar", "gzip", "setpriv")
    identity = _read_identity(request.identity)
    base = choose(request, identity)
    meta = _open_meta(base, request, identity)
    pictures = request.pictures or media.root()
    data = request.data or Path("/var/lib/postgresql") / str(meta["major"]) / "main"
    programs_of(meta["major"])
    for place in (data, pictures):
        _check_empty(place)
    _check_keys(meta)
    if request.until is None and (gap := wal.first_gap(base.folder.parent / "wal", base.start)):
        raise OperatorError(
            f"The WAL segment …{gap} is missing in {base.folder.parent / 'wal'}. "
            "Fetch it, or name an earlier moment with --until."
        )
    try:
        figures = _restore(request, base, meta, data, identity)
        figures["pictures"] = _restore_pictures(request, base, pictures)
    except BaseException:
        for place in (data, pictures):
            _empty(place)
        raise
    return figures | {"data": str(data), "seconds": round(time.monotonic() - began, 1), "backup": base.name}


def choose(request, identity):
    """The newest backup before the moment that leads to the newest timeline."""
    source = request.source
    if source.is_file():
        if not source.name.endswith(".base.age"):
            raise OperatorError(f"{source} is not a backup. Name a file ….base.age, or the folder of the backups.")
        found = [files.Base.of_file(source)]
    else:
        systems = [*source.glob("*/base"), *([source / "base"] if (source / "base").is_dir() else [])]
        # Of several clusters the one with the newest backup.
        found = max((files.bases(folder.parent) for folder in systems), key=lambda bases: bases[-1:], default=[])
    if not found:
        raise OperatorError(f"{source} holds no backup. Name the folder that BACKUP_FOLDER or BACKUP_OFFSITE names.")
    timeline, forks = _history(found[-1], request, identity)
    usable = [base for base in found if base.timeline == timeline or base.end <= forks.get(base.timeline, 0)]
    if request.until:
        usable = [base for base in usable if base.moment <= request.until]
    if not usable:
        raise OperatorError(
            f"No backup is older than the moment. The oldest is of {found[0].moment:%Y-%m-%d %H:%M:%S} UTC."
        )
    return usable[-1]


def _history(base, request, identity):
    with _wrong_key(request.identity):
        timeline, forks = wal.history(base.folder.parent / "wal", identity)
    # A backup without the archive.
    return max(timeline, base.timeline), forks


@contextlib.contextmanager
def _wrong_key(path):
    try:
        yield
    except OperatorError as error:
        if "no identity matched" not in str(error):
            raise
        raise OperatorError(f"{path} does not open this backup: it was encrypted to another key.") from error


def _read_identity(path):
    try:
        text = path.read_text()
    except OSError as error:
        raise OperatorError(f"The private key {path} cannot be read: {error.strerror}.") from error
    if "AGE-SECRET-KEY-" not in text:
        raise OperatorError(f"{path} holds no private key of age (AGE-SECRET-KEY-…).")
    return text


def _open_meta(base, request, identity):
    with _wrong_key(request.identity):
        return json.loads(files.decrypt(base.meta, identity))


def _check_empty(place):
    if place.exists() and any(place.iterdir()):
        raise OperatorError(f"{place} is not empty. Move it away first, for example: mv {place} {place}.before")


def _check_keys(meta):
    """Raise OperatorError unless the keys in the environment open what the site of the backup encrypted."""
    environment = os.environ | {"DATABASE_URL": "postgresql:///weare1"}
    manage("check_restored", "--probe", meta["probe"], env=environment)


def _as_account(name):
    """Options of subprocess.Popen for this account, if root runs this and the account exists, else none."""
    try:
        account = pwd.getpwnam(name)
    except KeyError:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}


def _give(path, account):
    if account:
        os.chown(path, account["user"], account["group"])


def _restore(request, base, meta, data, identity):
    account = _as_account(ACCOUNT)
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o700)
    _give(data, account)
    _unpack(base.database, request.identity, data, account)
    runtime = Path(tempfile.mkdtemp(prefix="weare1-restore-"))
    try:
        _give(runtime, account)
        return _recover(request, base, meta, data, runtime, identity, account)
    finally:
        files.remove(runtime)


def _unpack(path, identity, folder, account):
    pipe(
        ["age", "--decrypt", "--identity", identity, path],
        ["gzip", "-d"],
        ["tar", "--extract", "--no-same-owner", "--directory", folder],
        **account,
    )


def _recover(request, base, meta, data, runtime, identity, account):
    # In memory only: PostgreSQL's account must read the private key, and no disk should hold it.
    descriptor = os.memfd_create("identity", 0)
    os.write(descriptor, identity.encode())
    folder = base.folder.parent
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "RESTORE_WAL": str(folder / "wal"),
        "RESTORE_IDENTITY": f"/proc/self/fd/{descriptor}",
    }
    python = ROOT / ".venv" / "bin" / "python"
    settings = {
        "restore_command": server.shell_command(python, "-P", "-m", "operations", "fetch", "%f", "%p"),
        "recovery_target_action": "promote",
        # The new timeline's files wait until the server is started as usual, which archives them.
        "archive_mode": "on",
        "archive_command": "",
        **({"recovery_target_time": request.until.isoformat()} if request.until else {}),
    }
    (data / "recovery.signal").touch()
    _give(data / "recovery.signal", account)
    with server.running(
        data, meta["major"], runtime, settings, env=environment, pass_fds=[descriptor], **account
    ) as restored:
        os.close(descriptor)
        return _finish(meta, folder, identity, restored)


def _finish(meta, folder, identity, restored):
    """After the recovery: migrations of this release, later erasures, ends of staff access, and the check."""
    role = {"user": meta["owner"], "dbname": meta["database"]}
    try:
        with restored.connect(**role) as connection:
            moment = server.value(connection, "SELECT pg_last_xact_replay_timestamp()")
    except OperatorError as error:
        if "before configured recovery target" in str(error):
            raise OperatorError(
                "The WAL ends before the moment. Fetch the rest of it, name an earlier moment, or leave out --until."
            ) from error
        raise
    moment = moment or datetime.fromisoformat(meta["moment"])
    entries = erasures.read(folder, identity, moment - MARGIN)
    lines = "".join(f"{json.dumps(entry)}\n" for entry in entries)
    environment = os.environ | {"DATABASE_URL": restored.url(meta["owner"], meta["database"])}
    figures = manage("finish_restore", f"--since={(moment - MARGIN).isoformat()}", input=lines, env=environment)
    return json.loads(figures) | {"moment": moment.isoformat()}


def _restore_pictures(request, base, pictures):
    account = _as_account(SITE_ACCOUNT)
    if account:
        with contextlib.suppress(KeyError):
            account["group"] = grp.getgrnam(MEDIA_GROUP).gr_gid
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=pictures, prefix=".restore-") as draft:
        _unpack(base.media, request.identity, draft, {})
        count = media.check(Path(draft))
        for path in (Path(draft) / "files").iterdir():
            path.rename(pictures / path.name)
    for path in [pictures, *pictures.rglob("*")]:
        _give(path, account)
        # As the site writes them: nginx and the backups read them by their group.
        path.chmod(0o2750 if path.is_dir() else 0o640)
    return count


def _empty(place):
    for path in place.iterdir() if place.exists() else []:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
