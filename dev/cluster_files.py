"""Folders, owner, sockets and lock files of a private PostgreSQL cluster."""

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
from pathlib import Path
from urllib.parse import quote

from dev.errors import DevError, owned_by_another_user
from dev.postgresql import is_accessible
from dev.processes import run_program

ROOT = Path(__file__).resolve().parent.parent
# Data of checkouts that the server's account cannot enter, such as one under /root.
FALLBACK_HOME = Path("/var/lib/weare1-dev")


class ClusterFiles:
    """Paths of a cluster's files, and the account that owns them.

    PostgreSQL refuses to run as root. Started by root, it runs as the owner of existing data or as a user without rights.
    """

    def __init__(self, name, root, fallback_home):
        self.name = name
        self.home = root / "var" / "postgres"
        self.owner, self.group = self._account()
        if os.geteuid() == 0 and not is_accessible(self.home, self.owner):
            self.home = fallback_home / hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
            self.owner, self.group = self._account()

    @property
    def folder(self):
        """The folder owned by the server's account."""
        return self.home / self.name

    @property
    def data(self):
        """PostgreSQL's data directory."""
        return self.folder / "data"

    @property
    def log(self):
        """The server's log file."""
        return self.folder / "log"

    @property
    def sockets(self):
        """The folder of the Unix socket. It is in /tmp because the path of a socket is limited to 107 bytes."""
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path(f"/tmp/weare1-{self.owner}-{digest}-{self.name}")

    @property
    def url(self):
        """The DATABASE_URL of this cluster, running or not."""
        return f"postgresql://weare1@{quote(str(self.sockets), safe='')}:5432/weare1"

    @property
    def keep_file(self):
        """Holds the process id of a server that start() left running."""
        return self.home / f"{self.name}.keep"

    @property
    def site_file(self):
        """Holds the address at which bin/serve last offered the site, for commands in another terminal."""
        return self.home / f"{self.name}.site"

    def site_url(self):
        """The address in `site_file`, or None."""
        with contextlib.suppress(FileNotFoundError):
            return self.site_file.read_text()
        return None

    def _account(self):
        """(uid, gid) of the server's account."""
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
        raise DevError("PostgreSQL refuses root and there is no user 'nobody': run this as an ordinary user.")

    def make_home(self):
        """Create the home folder, which the server's account can enter regardless of the umask."""
        for folder in (self.home.parent, self.home):
            if not folder.exists():
                folder.mkdir(parents=True)
                if os.geteuid() == 0:
                    folder.chmod(0o755)

    def make_folder(self):
        """Create the folder of the server's account, and correct its owner when root created or copied it."""
        self.make_home()
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if self.folder.stat().st_uid != self.owner:
            if os.geteuid() != 0:
                raise owned_by_another_user(self.folder)
            run_program("chown", "-R", f"{self.owner}:{self.group}", self.folder)

    def make_sockets(self):
        """Create the folder of the socket. Raises DevError if another user could have prepared it, since /tmp is shared."""
        shutil.rmtree(self.sockets, ignore_errors=True)
        with contextlib.suppress(FileExistsError):
            self.sockets.mkdir(mode=0o700)
            os.chown(self.sockets, self.owner, self.group)
        folder = self.sockets.lstat()
        if (folder.st_uid, folder.st_mode & 0o170777) != (self.owner, 0o040700):
            raise DevError(f"{self.sockets} has another owner or other permissions than expected: delete it.")

    def made_by_version(self):
        """The major version of PostgreSQL that made the data, or None without data."""
        try:
            return int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise owned_by_another_user(self.folder) from error

    def pid_file_lines(self):
        """The lines of postmaster.pid: process id, data directory, start time, port, socket folder, …, state."""
        try:
            return [line.strip() for line in (self.data / "postmaster.pid").read_text().splitlines()]
        except FileNotFoundError:
            return []

    def open_lock_file(self, kind):
        """An open file to lock with flock(); the lock ends with the last process that holds the file open."""
        return (self.home / f"{self.name}.{kind}").open("a")

    @contextlib.contextmanager
    def mutex(self):
        """Hold the lock of starting and stopping this cluster."""
        try:
            self.make_folder()
            lock = self.open_lock_file("lock")
        except PermissionError as error:
            raise owned_by_another_user(error.filename) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def acquire_exclusive(lock):
    """Take an exclusive lock on an open file without waiting; False if another open file holds a lock on it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
