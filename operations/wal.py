"""The archive of WAL: PostgreSQL's archive_command stores each file encrypted, and restore_command reads it."""

import gzip
import hashlib
import os
import sys
from pathlib import Path

from operations import files
from operations.errors import OperatorError

# PostgreSQL takes other failures of restore_command for the end of the archive and would open an incomplete database.
ABORT = 255


def system_identifier(data):
    """The system identifier of a data directory: the first eight bytes of pg_control."""
    return int.from_bytes(Path(data, "global", "pg_control").read_bytes()[:8], sys.byteorder)


def store(settings, path):
    """Archive a WAL file. It runs in the data directory.

    Idempotent. The name contains a hash of the content, because the same content is encrypted differently each time; a file of
    the same name with another content is refused.
    """
    content, name = path.read_bytes(), path.name
    folder = settings.of_system(system_identifier(".")) / "wal"
    target = folder / f"{name}-{hashlib.sha256(content).hexdigest()[:32]}.age"
    present = list(folder.glob(f"{name}-*.age"))
    if present and present != [target]:
        raise OperatorError(
            f"The archive holds a WAL file {name} with another content: do two servers write to {folder}? Give each its own."
        )
    if not present:
        files.write(target, files.encrypt(gzip.compress(content, compresslevel=3), settings.recipient))


def fetch(folder, identity, name, target):
    """Write the archived file of this name to `target`; returns the exit status for restore_command."""
    found = list(folder.glob(f"{name}-*.age"))
    if not found:
        return 1
    if len(found) > 1:
        print(f"{folder} holds several files {name}: two servers archived to it. Keep the right one.", file=sys.stderr)
        return ABORT
    try:
        content = gzip.decompress(files.decrypt(found[0], identity))
    except (OperatorError, OSError, EOFError) as error:
        print(f"{found[0]} cannot be opened: {error}", file=sys.stderr)
        return ABORT
    if hashlib.sha256(content).hexdigest()[:32] not in found[0].name:
        print(f"{found[0]} is damaged.", file=sys.stderr)
        return ABORT
    target.write_bytes(content)
    return 0


def fetch_for_postgresql(name, target):
    """restore_command, with the folder and the place of the private key in the environment."""
    identity = Path(os.environ["RESTORE_IDENTITY"]).read_text()
    return fetch(Path(os.environ["RESTORE_WAL"]), identity, name, Path(target))


def first_gap(folder, start):
    """The first segment missing between `start` and the end of the archive, as the end of a file name, or None."""
    names = {path.name.partition("-")[0] for path in folder.glob("*.age")}
    numbers = {files.segment_number(name) for name in names if len(name) == 24}
    wanted = range(files.segment_number(start), max(numbers, default=0) + 1)
    missing = next((number for number in wanted if number not in numbers), None)
    return None if missing is None else f"{missing // 256:08X}{missing % 256:08X}"


def history(folder, identity):
    """(newest timeline of the archive, {earlier timeline: LSN at which the next one left it})."""
    found = sorted(folder.glob("*.history-*.age"))
    if not found:
        return 1, {}
    forks = {}
    for line in gzip.decompress(files.decrypt(found[-1], identity)).decode().splitlines():
        if line.strip() and not line.startswith("#"):
            timeline, fork = line.split()[:2]
            high, low = fork.split("/")
            forks[int(timeline)] = int(high, 16) << 32 | int(low, 16)
    return int(found[-1].name[:8], 16), forks
