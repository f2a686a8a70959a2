"""The pictures: copied with a list of checksums."""

import hashlib
import os
import shutil
from pathlib import Path

from operations.errors import OperatorError
from operations.processes import ROOT

LIST = "checksums"


def root():
    """The folder of the site's pictures: MEDIA_ROOT, by default var/media."""
    return Path(os.environ.get("MEDIA_ROOT") or ROOT / "var" / "media")


def checksum(path):
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def relative_files(folder):
    """The paths of all files below a folder, relative to it, in order."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def copy(source, target):
    """Copy all files with their checksums, and compare the copies with the source; returns how many.

    Files that are deleted meanwhile are left out.
    """
    target.mkdir()
    sums = {}
    for name in relative_files(source) if source.is_dir() else []:
        path = target / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(source / name, path)
            sums[name] = checksum(source / name)
        except FileNotFoundError:
            path.unlink(missing_ok=True)
            sums.pop(name, None)
    (target / "files").mkdir(exist_ok=True)
    (target / LIST).write_text("".join(f"{value}  {name}\n" for name, value in sums.items()))
    return check(target)


def check(folder):
    """Compare the files with the list of checksums; returns how many. Raises OperatorError if one differs."""
    sums = dict(reversed(line.split("  ", 1)) for line in (folder / LIST).read_text().splitlines())
    found = {name: checksum(folder / "files" / name) for name in relative_files(folder / "files")}
    if found != sums:
        wrong = sorted(name for name, _value in found.items() ^ sums.items())[0]
        raise OperatorError(f"A picture is damaged or missing in the copy: {wrong}")
    return len(found)
