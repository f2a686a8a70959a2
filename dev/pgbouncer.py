"""pgbouncer with deploy/pgbouncer.ini, for tests and drills: only places, accounts and databases differ."""

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
# Of a test database that is dropped, no connection may be left: pgbouncer closes idle ones after this time (seconds).
IDLE_SECONDS = 1
# Of each test database. The test cluster admits a hundred.
MOST_CONNECTIONS = 30


def configuration(file, lines):
    """The text of a configuration file in which each line `NAME = …` of `lines` has another value; None removes the line.

    Raises DevError for a name that does not occur exactly once.
    """
    text = file.read_text()
    for name, value in lines.items():
        line = "" if value is None else f"{name} = {value}"
        text, found = re.subn(rf"(?m)^{re.escape(name)} = .*$", lambda _match, line=line: line, text)
        if found != 1:
            raise DevError(f"{file} has {found} lines “{name} = …”.")
    return text


@contextlib.contextmanager
def running(databases, owner, **lines):
    """Run pgbouncer; yields the folder of its socket, whose port is 6432.

    `databases` are entries {name or "*": connection string}, `lines` other settings. The only user is weare1, without a password.
    `owner` is the (uid, gid) as which it runs where this process is root: pgbouncer refuses root.
    """
    program = shutil.which("pgbouncer")
    if not program:
        raise DevError(INSTALL)
    folder = Path(tempfile.mkdtemp(prefix="weare1-pgbouncer-"))
    users = folder / "users"
    users.write_text('"weare1" ""\n')
    text = configuration(
        FILE, {"weare1": None, "weare1_web": None, "unix_socket_dir": folder, "auth_type": "trust", "auth_file": users}
    )
    more = "".join(f"{name} = {value}\n" for name, value in databases.items())
    text = text.replace("[databases]\n", f"[databases]\n{more}")
    # Of a setting that is repeated, pgbouncer takes the last.
    (folder / "pgbouncer.ini").write_text("\n".join([text, *(f"{name} = {value}" for name, value in lines.items())]))
    options = {}
    if os.geteuid() == 0:
        shutil.chown(folder, *owner)
        options = {"user": owner[0], "group": owner[1], "extra_groups": []}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [program, "-q", folder / "pgbouncer.ini"], stdout=log, stderr=log, start_new_session=True, **options
        )
    try:
        deadline = time.monotonic() + TIMEOUT
        while not (folder / ".s.PGSQL.6432").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise DevError(f"pgbouncer has not started: {(folder / 'log').read_text()}")
            time.sleep(0.05)
        yield folder
    finally:
        # On SIGTERM it would wait for its clients.
        process.send_signal(signal.SIGQUIT)
        process.wait(TIMEOUT)
        shutil.rmtree(folder)


@contextlib.contextmanager
def before(cluster):
    """Run pgbouncer before a running dev.cluster.Cluster; yields the DATABASE_URL of all its databases through pgbouncer."""
    databases, owner = {"*": f"host={cluster.sockets} port=5432"}, (cluster.owner, cluster.group)
    with running(databases, owner, max_db_connections=MOST_CONNECTIONS, server_idle_timeout=IDLE_SECONDS) as folder:
        yield f"postgresql://weare1@{quote(str(folder), safe='')}:6432/weare1"
