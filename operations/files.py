"""Encrypted files: written whole or not at all, named so that they can be chosen without being opened."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from operations.errors import OperatorError
from operations.processes import bound

# Ends the name of a file that is being written.
PART = ".part"
TIME = "%Y%m%dT%H%M%S.%fZ"


def encrypt(data, recipient):
    """The bytes encrypted to a public key of age."""
    return _age(["--recipient", recipient], data)


def check_recipient(name, recipient):
    """Raise OperatorError unless age accepts this public key, the value of the variable `name`."""
    try:
        encrypt(b"", recipient)
    except OperatorError as error:
        raise OperatorError(f"{name} is no public key of age: copy it again from age-keygen. {error}") from error


def decrypt(path, identity):
    """The bytes of an encrypted file. `identity` is the private key, as text. Raises OperatorError if it does not open it."""
    # By standard input: neither a file nor a list of processes shows the key.
    return _age(["--decrypt", "--identity", "-", str(path)], identity.encode())


def _age(arguments, data=b""):
    done = subprocess.run(bound(["age", *arguments]), input=data, capture_output=True, check=False)
    if done.returncode:
        raise OperatorError(f"age failed: {' '.join(done.stderr.decode(errors='replace').split())[:300]}")
    return done.stdout


def write(path, data):
    """Write a file atomically and durably."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=PART)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
        publish(Path(part), path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def publish(part, path):
    """Give a complete file its name, durably."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def locked(path, patience=0):
    """Hold a lock file; yields whether this process got it within `patience` seconds.

    The kernel releases the lock of a killed process.
    """
    deadline = time.monotonic() + patience
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    yield False
                    return
                time.sleep(0.1)
            else:
                yield True
                return


def remove(folder):
    """Remove a folder, also while killed programs are still ending in it."""
    for _ in range(50):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)
    raise OperatorError(f"{folder} cannot be removed. It holds data in clear text: delete it.")


@dataclass(frozen=True, order=True)
class Base:
    """One good backup, by its name: moment, WAL segment that it begins with, end of the WAL (LSN) that it contains."""

    moment: datetime
    start: str
    end: int
    folder: Path

    @classmethod
    def of_file(cls, path):
        """The backup whose file with the database this is."""
        moment, start, end = path.name.removesuffix(".base.age").split("-")
        return cls(read_time(moment), start, int(end, 16), path.parent)

    @property
    def name(self):
        """The beginning of the names of its files."""
        return f"{self.moment:{TIME}}-{self.start}-{self.end:016X}"

    @property
    def database(self):
        """The file with the database. It is written last: a backup is good once it exists."""
        return self.folder / f"{self.name}.base.age"

    @property
    def media(self):
        """The file with the pictures."""
        return self.folder / f"{self.name}.media.age"

    @property
    def meta(self):
        """The file with what a restore must know first, as JSON."""
        return self.folder / f"{self.name}.meta.age"

    @property
    def files(self):
        """All files, in the order in which they are written."""
        return [self.meta, self.media, self.database]

    @property
    def size(self):
        """The size of all files, in bytes."""
        return sum(path.stat().st_size for path in self.files)

    @property
    def timeline(self):
        """The timeline of PostgreSQL."""
        return int(self.start[:8], 16)


def bases(system_folder):
    """The good backups of one cluster, oldest first."""
    return sorted(Base.of_file(path) for path in (system_folder / "base").glob("*.base.age"))


def read_time(text):
    """The time in the name of a file."""
    return datetime.strptime(text, TIME).replace(tzinfo=UTC)


def segment_number(name):
    """The number of a WAL segment by its file name, without the timeline. Segments have 16 MB."""
    return int(name[8:16], 16) * 256 + int(name[16:24], 16)
