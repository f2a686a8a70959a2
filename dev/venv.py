"""The virtual environment of a checkout, for bin/venv: made once, filled again when the pins changed."""

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
STAMP = FOLDER / "installed"  # the checksum of all pins, then the files that were installed from them


@contextlib.contextmanager
def alone():
    """One process at a time works on .venv."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def make():
    """Make .venv, unless this is its Python: bin/venv has looked for one that works."""
    if Path(sys.prefix).resolve() != FOLDER.resolve():
        tell("Making .venv …")
        venv.create(FOLDER, clear=True, with_pip=True, symlinks=True)


def install(requirements):
    """Install what a requirements file lists, unless it has been."""
    done = STAMP.read_text().split() if STAMP.exists() else []
    if done[:1] != [pins()]:
        done = [pins()]
    if requirements not in done:
        tell(f"Installing {requirements} …")
        options = ("--quiet", "--no-input", "--disable-pip-version-check")
        command = [PYTHON, "-m", "pip", "install", *options, "--requirement", ROOT / requirements]
        subprocess.run(command, stdout=sys.stderr, check=True)
        STAMP.write_text(" ".join([*done, requirements]))


def pins():
    """The checksum of all requirement files."""
    files = sorted(ROOT.glob("requirements*.txt"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def tell(message):
    """To the terminal; the standard output is for the path, or for what follows."""
    print(message, file=sys.stderr, flush=True)


def main(requirements="requirements.txt", *arguments):
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # takes pip along
    try:
        with alone():
            make()
            install(requirements)
    except subprocess.CalledProcessError as error:
        sys.exit(f"Preparing .venv has failed (exit status {error.returncode}): see above.")
    if arguments:
        os.execv(PYTHON, [PYTHON, *arguments])
    print(PYTHON)


if __name__ == "__main__":
    main(*sys.argv[1:])
