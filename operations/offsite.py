"""Copies at another place, by rsync. Nothing is deleted there but what was deleted here, by name."""

import os
import time

from operations.errors import OperatorError
from operations.processes import run

# rsync never sees clear text, locks and unfinished files.
EXCLUDED = ["--exclude=/scratch", "--exclude=/lock", "--exclude=/*.lock", "--exclude=/deleted", "--exclude=.*"]
EXCLUDED += ["--exclude=*.part"]
# Files can be older than the moment at which they got their name.
MARGIN_SECONDS = 600


def _rsync(settings, *options, names=None):
    try:
        run(
            *("rsync", "--archive", "--timeout=60", *options, f"{settings.folder}/", settings.offsite),
            **({"input": "".join(f"{name}\n" for name in names)} if names is not None else {}),
        )
    except OperatorError as error:
        raise OperatorError(
            f"The copy to BACKUP_OFFSITE {settings.offsite} failed; it is tried again by the next run. {error}"
        ) from error


def send_all(settings):
    """Copy all files, and delete there what was deleted here."""
    if not settings.offsite:
        return
    began = time.time()
    _rsync(settings, *EXCLUDED)
    deleted = settings.folder / "deleted"
    if deleted.exists():
        patterns = [f"/{name}" for name in deleted.read_text().split()]
        _rsync(settings, "--delete", "--include=*/", "--include-from=-", "--exclude=*", names=patterns)
        deleted.unlink()
    _stamp(settings, began)


def send_new(settings):
    """Copy the WAL and erasures since the last copy. Backups are large: `send_all` copies them, once."""
    if not settings.offsite:
        return
    began, stamp = time.time(), settings.folder / ".offsite"
    since = stamp.stat().st_mtime - MARGIN_SECONDS if stamp.exists() else 0
    found = [path for kind in ("wal", "erasures") for path in settings.folder.glob(f"*/{kind}/*.age")]
    paths = [path for path in found if path.stat().st_mtime >= since]
    if paths:
        _rsync(settings, "--files-from=-", names=[path.relative_to(settings.folder) for path in paths])
    _stamp(settings, began)


def _stamp(settings, began):
    stamp = settings.folder / ".offsite"
    stamp.touch()
    os.utime(stamp, (began, began))


def delete(settings, paths):
    """Delete files, and remember their names for the other place."""
    if settings.offsite and paths:
        with (settings.folder / "deleted").open("a") as file:
            file.writelines(f"{path.relative_to(settings.folder)}\n" for path in paths)
    for path in paths:
        path.unlink(missing_ok=True)
