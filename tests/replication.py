"""A primary and a standby of PostgreSQL with streaming replication, and the site before both."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg2
from django.conf import settings

from dev.postgresql import Cluster

MIGRATE_AND_SEED = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("seed", verbosity=0)
"""


class Standby(Cluster):
    """A copy of a running cluster, made by pg_basebackup, which follows it."""

    def __init__(self, primary, folder):
        self.primary = primary
        super().__init__("bench", root=folder / "standby", outside=folder / "outside")

    def _initialise(self):
        arguments = ("--pgdata", self.data, "--write-recovery-conf", "--checkpoint", "fast", "--no-sync")
        source = ("--host", self.primary.sockets, "--port", "5432", "--username", "weare1", "--wal-method", "stream")
        self.run_as_owner(self.binaries() / "pg_basebackup", *arguments, *source)


class Pair:
    """The two clusters: `primary` with a seeded site, and `standby`."""

    def __init__(self, folder):
        self.primary = Cluster("bench", root=folder / "primary", outside=folder / "outside")
        self.standby = Standby(self.primary, folder)

    def environment(self, **more):
        """The environment of processes of the site."""
        return os.environ | {"DEV": "1", "DATABASE_URL": self.primary.url, "REPLICA_URL": self.standby.url} | more

    @staticmethod
    def query(cluster, statement, *values):
        """The rows of a statement."""
        with contextlib.closing(psycopg2.connect(cluster.url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []

    def pause(self):
        """Let the standby receive and not apply what the primary writes."""
        self.query(self.standby, "SELECT pg_wal_replay_pause()")

    def resume(self):
        """Let the standby apply it again."""
        self.query(self.standby, "SELECT pg_wal_replay_resume()")

    def crash(self, cluster):
        """End a server without a clean end."""
        cluster.run_as_owner(cluster.binaries() / "pg_ctl", "stop", "--mode", "immediate", "--pgdata", cluster.data)


@contextlib.contextmanager
def pair():
    """A running Pair in a new folder."""
    # Not tmp_path: pytest makes its parent private, and the account of PostgreSQL must pass through it.
    folder = Path(tempfile.mkdtemp(prefix="weare1-replica-"))
    folder.chmod(0o711)
    try:
        both = Pair(folder)
        with contextlib.ExitStack() as stack:
            both.primary.start()
            stack.callback(both.primary.stop)
            environment = both.environment()
            del environment["REPLICA_URL"]
            command = [sys.executable, "manage.py", "shell", "-v0", "-c", MIGRATE_AND_SEED]
            subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=True)
            both.standby.start()
            stack.callback(both.standby.stop)
            yield both
    finally:
        shutil.rmtree(folder)
