"""The virtual environment of a checkout, for bin/venv: created once, updated when the requirements change."""

import contextlib
import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
PYTHON = FOLDER / "bin" / "python"
# The checksum of all requirements files, then the names of those that are installed.
STAMP = FOLDER / "installed"


@contextlib.contextmanager
def lock():
    """Hold the lock of changing .venv."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def make():
    """Create .venv unless this process runs its Python: bin/venv prefers that one if it works."""
    if Path(sys.prefix).resolve() != FOLDER.resolve():
        tell("Making .venv …")
        venv.create(FOLDER, clear=True, with_pip=True, symlinks=True)


def install(requirements):
    """Install a requirements file unless it is installed already. Raises subprocess.CalledProcessError if pip fails."""
    installed = STAMP.read_text().split() if STAMP.exists() else []
    if installed[:1] != [checksum()]:
        installed = [checksum()]
    if requirements not in installed:
        tell(f"Installing {requirements} …")
        options = ("--quiet", "--no-input", "--disable-pip-version-check")
        command = [PYTHON, "-m", "pip", "install", *options, "--requirement", ROOT / requirements]
        subprocess.run(command, stdout=sys.stderr, check=True)
        STAMP.write_text(" ".join([*installed, requirements]))


def checksum():
    """The checksum of all requirements files."""
    files = sorted(ROOT.glob("requirements*.txt"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def tell(message):
    """Print to standard error: standard output carries the path of Python, or the output of the command that follows."""
    print(message, file=sys.stderr, flush=True)


def main(requirements="requirements.txt", *arguments):
    """Prepare .venv, then run its Python with the arguments or, without any, print its path."""
    # SystemExit also ends pip, which subprocess.run() kills on an exception.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        with lock():
            make()
            install(requirements)
    except subprocess.CalledProcessError as error:
        sys.exit(f"Preparing .venv has failed (exit status {error.returncode}): see above.")
    if arguments:
        os.execv(PYTHON, [PYTHON, *arguments])
    print(PYTHON)


if __name__ == "__main__":
    main(*sys.argv[1:])
