"""The virtual environment of a checkout, for bin/venv: made once, filled again when the pins changed."""

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


def prepare(requirements):
    """Make .venv if needed, with everything that a requirements file lists."""
    lock = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        if Path(sys.prefix).resolve() != FOLDER.resolve():
            # bin/venv has found no working one.
            tell("Making .venv …")
            venv.create(FOLDER, clear=True, with_pip=True, symlinks=True)
        done = STAMP.read_text().split() if STAMP.exists() else []
        if done[:1] != [pins()]:
            done = [pins()]
        if requirements not in done:
            tell(f"Installing {requirements} …")
            install("--requirement", requirements)
            STAMP.write_text(" ".join([*done, requirements]))
    finally:
        os.close(lock)


def install(*what):
    """Install into .venv, with the checksums of the requirement files."""
    quiet = ("--quiet", "--no-input", "--disable-pip-version-check")
    subprocess.run([PYTHON, "-m", "pip", "install", *quiet, *what], cwd=ROOT, check=True)


def pins():
    """The checksum of the requirement files."""
    files = b"".join((ROOT / name).read_bytes() for name in ("requirements.txt", "requirements-dev.txt"))
    return hashlib.sha256(files).hexdigest()


def tell(message):
    """To the terminal; the standard output is for the path, or for what follows."""
    print(message, file=sys.stderr, flush=True)


def main(requirements="requirements.txt", *arguments):
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # takes pip along
    try:
        prepare(requirements)
    except subprocess.CalledProcessError as error:
        sys.exit(f"Preparing .venv has failed (exit status {error.returncode}): see above.")
    if arguments:
        os.execv(PYTHON, [PYTHON, *arguments])
    print(PYTHON)


if __name__ == "__main__":
    main(*sys.argv[1:])
