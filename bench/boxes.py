"""Several machines on this one, with the files of deploy/cluster/: etcd, Patroni, HAProxy, pgbouncer, and two sites with workers.

The addresses 10.0.0.1 to 10.0.0.3 of the files become loopback addresses of their own, so all ports stay as they are deployed.
"""

import contextlib
import http.client
import os
import signal
import time
from pathlib import Path

import psycopg2
from django.conf import settings

from bench.programs import Program, require_programs, send, tree
from dev.cluster import Cluster
from dev.errors import DevError
from dev.processes import run_program

FILES = settings.BASE_DIR / "deploy" / "cluster"
PASSWORDS = {name: name.lower() for name in ("API-PASSWORD", "REPLICATION-PASSWORD", "REWIND-PASSWORD")}
# What box1 has before Patroni takes its database over, one statement a line.
ACCOUNTS = """CREATE ROLE replicator LOGIN REPLICATION PASSWORD 'replication-password'
CREATE ROLE rewind LOGIN PASSWORD 'rewind-password'
GRANT EXECUTE ON FUNCTION pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean), pg_read_binary_file(text) TO rewind
GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean) TO rewind
CREATE ROLE weare1 LOGIN PASSWORD 'database-password'
ALTER ROLE weare1 SET log_min_error_statement = panic
CREATE DATABASE weare1 OWNER weare1 TEMPLATE template0 ENCODING 'UTF8'
"""


class Boxes:
    """etcd on three addresses, Patroni with PostgreSQL on two of them, HAProxy and pgbouncer of the sites."""

    def __init__(self, folder):
        require_programs()
        self.folder = folder
        # 127.0.N.1 to 127.0.N.3, so that drills may overlap.
        self.net = f"127.0.{os.getpid() % 250 + 2}"
        cluster = Cluster("bench")
        self.account, self.programs = (cluster.owner, cluster.group), cluster.binaries()
        self.etcd = {name: self._etcd(name) for name in ("box1", "box2", "box3")}
        self.patroni = {name: self._patroni(name) for name in ("box1", "box2")}
        self.haproxy = self._haproxy()

    def address(self, name):
        """The address of a box."""
        return f"{self.net}.{name[-1]}"

    def url(self, port):
        """The DATABASE_URL of a listener of HAProxy: 5000 is the primary, 5001 the replica."""
        return f"postgres://weare1:database-password@{self.net}.9:{port}/weare1?sslmode=require"

    def start_databases(self):
        """Start etcd, make the database of box1, let Patroni take it over, and let box2 copy it."""
        for program in self.etcd.values():
            program.start()
        data = self.folder / "box1" / "data"
        self._as_owner(
            self.programs / "initdb", "--pgdata", data, "--username", "postgres", "--auth", "trust", "--no-sync",
            "--encoding", "UTF8", "--locale", "C.UTF-8",
        )  # fmt: skip
        # Debian's PostgreSQL has a certificate and uses it.
        self._as_owner(
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=box",
            "-keyout", data / "server.key", "-out", data / "server.crt",
        )  # fmt: skip
        with (data / "postgresql.conf").open("a") as file:
            file.write("ssl = on\n")
        self._as_owner(self.programs / "postgres", "--single", "-D", data, "postgres", input=ACCOUNTS)
        self.patroni["box1"].start()
        self.wait_until(lambda: self.primary() == "box1", 60)
        self.patroni["box2"].start()
        self.haproxy.start()
        self.wait_for_standby()

    def stop(self):
        """Stop everything that was started, databases before etcd. What was paused goes on first: it would not end."""
        for name in self.patroni:
            self.resume(name)
        postmasters = [self._postmaster(name) for name in self.patroni]
        for program in (*self.patroni.values(), self.haproxy, *self.etcd.values()):
            program.stop()
        send([pid for postmaster in postmasters for pid in tree(postmaster)], signal.SIGKILL)

    # Faults

    def pids(self, name):
        """The processes of Patroni and PostgreSQL of a box."""
        return [*self.patroni[name].pids(), *tree(self._postmaster(name))]

    def crash(self, name):
        """The machine is lost: Patroni and all processes of PostgreSQL end with SIGKILL."""
        send(self.pids(name), signal.SIGKILL)
        self.patroni[name].process.wait()

    def pause(self, name):
        """The machine stands still, as a virtual one may for a minute."""
        send(self.pids(name), signal.SIGSTOP)

    def resume(self, name):
        """It goes on, and does not know that time has passed."""
        send(self.pids(name), signal.SIGCONT)

    # Asking

    def query(self, statement, name=None, database="postgres", user="postgres"):
        """The rows of a statement on the server of a box (by default the primary), over its Unix socket."""
        folder = self.folder / (name or self.primary()) / "run"
        with contextlib.closing(
            psycopg2.connect(host=str(folder), port=5432, user=user, dbname=database, connect_timeout=3)
        ) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []

    def primaries(self):
        """The boxes whose PostgreSQL is no standby. A paused one is not asked."""
        found = []
        for name in self.patroni:
            if not self._is_paused(name):
                with contextlib.suppress(psycopg2.Error):
                    found += [name] if self.query("SELECT pg_is_in_recovery()", name) == [(False,)] else []
        return found

    def primary(self):
        """The box whose PostgreSQL is no standby, or None while there is not exactly one."""
        found = self.primaries()
        return found[0] if len(found) == 1 else None

    def standby(self):
        """The other box than the primary."""
        return {"box1": "box2", "box2": "box1"}[self.primary()]

    def wait_for_standby(self, seconds=90):
        """Wait until commits wait for the standby, and Patroni would let it take over."""
        self.wait_until(lambda: self.primary() and self._is_synchronous(self.standby()), seconds)

    def _is_synchronous(self, name):
        connection = http.client.HTTPConnection(self.address(name), 8008, timeout=3)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/synchronous")
            return connection.getresponse().status == 200
        return False

    @staticmethod
    def wait_until(condition, seconds):
        """Wait until the function returns something true; returns the seconds that it took."""
        began = time.monotonic()
        while not condition():
            if time.monotonic() > began + seconds:
                raise DevError(f"This has not happened within {seconds} seconds: {condition.__code__.co_names}")
            time.sleep(0.2)
        return time.monotonic() - began

    # Files

    def changed(self, file, changes):
        """The text of a file of deploy/cluster/ with the addresses of here; each text of `changes` must occur."""
        text = (FILES / file).read_text()
        for old, new in changes.items():
            if old not in text:
                raise DevError(f"deploy/cluster/{file} no longer holds {old}")
            text = text.replace(old, new)
        return text.replace("10.0.0.", f"{self.net}.")

    def _etcd(self, name):
        box = self._box(name)
        lines = [line for line in self.changed("etcd", {"/var/lib/etcd": str(box)}).splitlines() if line[:1] not in "#"]
        environment = dict(line.split("=", 1) for line in lines if line)
        for variable in ("ETCD_NAME", *(each for each in environment if each.endswith("_URLS"))):
            environment[variable] = (
                environment[variable].replace(f"{self.net}.1", self.address(name)).replace("box1", name)
            )
        return Program(["etcd", "--unsafe-no-fsync"], box / "etcd.log", self.account, environment)

    def _patroni(self, name):
        box = self._box(name)
        text = self.changed(
            "patroni.yml",
            PASSWORDS
            | {
                "name: box1": f"name: {name}",
                "listen: 10.0.0.1": f"listen: {self.address(name)}",
                "connect_address: 10.0.0.1": f"connect_address: {self.address(name)}",
                "/var/lib/postgresql/17/main": f"{box}/data",
                "  config_dir: /etc/postgresql/17/main\n": "",
                "/usr/lib/postgresql/17/bin": str(self.programs),
                "/var/lib/postgresql/patroni.pgpass": f"{box}/pgpass",
                "/run/postgresql": f"{box}/run",
                # The account of the site is another one here.
                "local all all peer": "local all all trust",
                "local replication postgres peer": "local replication postgres trust",
                # Connections to any loopback address come from 127.0.0.1.
                "10.0.0.0/24": "127.0.0.0/8",
            },
        )
        (box / "patroni.yml").write_text(text)
        return Program(["/usr/bin/patroni", box / "patroni.yml"], box / "patroni.log", self.account)

    def _haproxy(self):
        changes = {"127.0.0.1:": f"{self.net}.9:"}
        if os.geteuid() != 0:
            changes |= {"    user haproxy\n": "", "    group haproxy\n": ""}
        (self.folder / "haproxy.cfg").write_text(self.changed("haproxy.cfg", changes))
        command = ["haproxy", "-db", "-q", "-f", self.folder / "haproxy.cfg"]
        return Program(command, self.folder / "haproxy.log", None)

    def _box(self, name):
        box = self.folder / name
        for folder in (box, box / "run"):
            if not folder.exists():
                folder.mkdir(mode=0o700)
                if os.geteuid() == 0:
                    os.chown(folder, *self.account)
        return box

    def _postmaster(self, name):
        with contextlib.suppress(OSError, IndexError, ValueError):
            pid = int((self.folder / name / "data" / "postmaster.pid").read_text().split()[0])
            # After a crash the id may be that of another process.
            if b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        return 0

    def _is_paused(self, name):
        with contextlib.suppress(OSError):
            return ") T " in Path(f"/proc/{self._postmaster(name)}/stat").read_text()
        return False

    def _as_owner(self, program, *arguments, **options):
        if os.geteuid() == 0:
            options |= {"user": self.account[0], "group": self.account[1], "extra_groups": []}
        run_program(program, *arguments, **options)
