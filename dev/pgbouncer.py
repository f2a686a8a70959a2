"""pgbouncer with a configuration of deploy/, for tests and drills: only places and databases differ."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from dev.cluster_files import ROOT
from dev.errors import DevError

FILE = ROOT / "deploy" / "pgbouncer.ini"
INSTALL = "pgbouncer is missing: install it (on Debian and Ubuntu: apt-get install pgbouncer)."
TIMEOUT = 30  # seconds
PASSWORD = "database-password"
# Of a test database that is dropped, no connection may be left: pgbouncer closes idle ones after this time (seconds).
IDLE_SECONDS = 1
# Of each test database. The test cluster admits a hundred.
MOST_CONNECTIONS = 30


class Pgbouncer:
    """pgbouncer in a folder, where it has its socket with port 6432.

    `changes` are {pattern: line}: each pattern must match one line of `file`. The only user is weare1, whose password is
    PASSWORD here and at PostgreSQL. `owner` is the (uid, gid) as which it runs where this process is root, which pgbouncer
    refuses.
    """

    def __init__(self, folder, owner, changes, file=FILE):
        program = shutil.which("pgbouncer")
        if not program:
            raise DevError(INSTALL)
        self.folder, self.process = folder, None
        self.options = {"user": owner[0], "group": owner[1], "extra_groups": []} if os.geteuid() == 0 else {}
        self.command = [program, "-q", folder / "pgbouncer.ini"]
        places = {
            r"unix_socket_dir = .*": f"unix_socket_dir = {folder}",
            r"auth_file = .*": f"auth_file = {folder}/users",
        }
        text = file.read_text()
        for pattern, line in (places | changes).items():
            text, found = re.subn(rf"(?m)^{pattern}$", line, text)
            if found != 1:
                raise DevError(f"{file} has {found} lines that match {pattern}.")
        (folder / "pgbouncer.ini").write_text(text)
        (folder / "users").write_text(f'"weare1" "{PASSWORD}"\n')
        if self.options:
            shutil.chown(folder, *owner)

    @property
    def url(self):
        """The address without the name of the database."""
        return f"postgresql://weare1:{PASSWORD}@{quote(str(self.folder), safe='')}:6432"

    def start(self):
        """Start it, and wait until it accepts connections."""
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, start_new_session=True, **self.options
            )
        deadline = time.monotonic() + TIMEOUT
        while not (self.folder / ".s.PGSQL.6432").exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise DevError(f"pgbouncer has not started: {(self.folder / 'log').read_text()}")
            time.sleep(0.05)

    def stop(self):
        """Stop it at once. On SIGTERM it would wait for its clients."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(TIMEOUT)
        (self.folder / ".s.PGSQL.6432").unlink(missing_ok=True)


@contextlib.contextmanager
def running(owner, changes):
    """Run pgbouncer with deploy/pgbouncer.ini in a new folder; yields the Pgbouncer."""
    folder = Path(tempfile.mkdtemp(prefix="weare1-pgbouncer-"))
    try:
        pgbouncer = Pgbouncer(folder, owner, changes)
        pgbouncer.start()
        try:
            yield pgbouncer
        finally:
            pgbouncer.stop()
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def before(cluster):
    """Run pgbouncer before a running dev.cluster.Cluster; yields the DATABASE_URL of its database through pgbouncer."""
    changes = {
        r"weare1_web = .*": "",
        r"weare1 = .*": f"* = host={cluster.sockets} port=5432",
        r"default_pool_size = .*": f"max_db_connections = {MOST_CONNECTIONS}\nserver_idle_timeout = {IDLE_SECONDS}",
    }
    with running((cluster.owner, cluster.group), changes) as pgbouncer:
        yield f"{pgbouncer.url}/weare1"
