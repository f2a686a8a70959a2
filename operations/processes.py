"""Running programs. Each ends when this process does, also when that is killed."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from operations.errors import OperatorError

ROOT = Path(__file__).resolve().parent.parent
DEBIAN = Path("/usr/lib/postgresql")
# Debian packages of the programs that backups need.
PACKAGES = {"age": "age", "rsync": "rsync", "tar": "tar", "gzip": "gzip", "setpriv": "util-linux"}


def require(*programs):
    """Raise OperatorError if a program is missing."""
    for program in programs:
        if shutil.which(program) is None:
            raise OperatorError(f"The program {program} is missing: apt install {PACKAGES[program]}")


def programs_of(major):
    """The folder of PostgreSQL's programs of this major version. Raises OperatorError if they are missing."""
    on_path = shutil.which("postgres")
    for folder in (DEBIAN / str(major) / "bin", *([Path(on_path).resolve().parent] if on_path else [])):
        if (folder / "postgres").exists() and f"(PostgreSQL) {major}" in run(folder / "postgres", "--version"):
            return folder
    installed = sorted(path.parent.name for path in DEBIAN.glob("*/bin"))
    raise OperatorError(
        f"This needs PostgreSQL {major}; installed is {', '.join(installed) or 'none'}: apt install postgresql-{major}"
    )


def bound(command, signal="KILL"):
    """The command such that the kernel sends it the signal when this process ends."""
    return ["setpriv", "--pdeathsig", signal, *map(str, command)]


def run(*command, **options):
    """The output of a program, as text. Raises OperatorError with its words if it fails."""
    options = {"stdin": subprocess.DEVNULL} | options if "input" not in options else options
    done = subprocess.run(bound(command), capture_output=True, text=True, errors="replace", check=False, **options)
    if done.returncode:
        raise OperatorError(_words(command[0], done.stderr or done.stdout))
    return done.stdout


def pipe(*commands, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **last):
    """Run programs, each of which reads what the one before writes; `last` are options of the last one.

    Raises OperatorError with their words if one of them fails.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        running = []
        for command in commands:
            is_last = command is commands[-1]
            process = subprocess.Popen(
                bound(command),
                stdin=running[-1].stdout if running else stdin,
                stdout=stdout if is_last else subprocess.PIPE,
                stderr=errors,
                **(last if is_last else {}),
            )
            if running:
                # Only the next program reads it, so that the earlier one ends with it.
                running[-1].stdout.close()
            running.append(process)
        failed = [command[0] for command, process in zip(commands, running, strict=True) if process.wait()]
        errors.seek(0)
        if failed:
            raise OperatorError(_words(failed[-1], errors.read()))


def _words(program, text):
    if "No space left on device" in text:
        return "The disk is full. Free space, or give BACKUP_FOLDER another disk."
    return f"{Path(program).name} failed: {' '.join(text.split())[-600:]}"


def manage(*arguments, **options):
    """The output of a command of manage.py. Raises OperatorError with its sentence if it fails."""
    try:
        return run(ROOT / ".venv" / "bin" / "python", ROOT / "manage.py", *arguments, cwd=ROOT, **options)
    except OperatorError as error:
        raise OperatorError(str(error).partition("CommandError: ")[2] or str(error)) from None
