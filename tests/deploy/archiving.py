"""A machine with a database cluster of its own that archives its WAL, pictures, keys, and a folder for backups."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from django.conf import settings

from dev.postgresql import installations, is_accessible
from tests.drill import require, require_program
from tests.keys import new_key
from tests.site import url_of_test_database

TIMEOUT = 300  # seconds


def checkout(folder):
    """This checkout, or a copy of it where the account of PostgreSQL cannot enter it."""
    if os.geteuid() != 0 or is_accessible(settings.BASE_DIR, pwd.getpwnam("postgres").pw_uid):
        return settings.BASE_DIR
    copy = folder / "checkout"
    shutil.copytree(settings.BASE_DIR, copy, ignore=shutil.ignore_patterns(".git", "var", "__pycache__"), symlinks=True)
    return copy


class Machine:
    """`start()` and `destroy()` act on the cluster, `backup()` and `restore()` run the programs of bin/."""

    def __init__(self):
        found = [one.bin for one in installations() if (one.bin / "pg_basebackup").exists()]
        self.programs = require(found, "pg_basebackup is missing: apt-get install postgresql")[0]
        require_program("age", "apt-get install age")
        require_program("rsync", "apt-get install rsync")
        # Not tmp_path: the account of PostgreSQL must pass through it.
        self.folder = Path(tempfile.mkdtemp(prefix="weare1-backup-"))
        self.folder.chmod(0o711)
        self.root = checkout(self.folder)
        self.account = {}
        if os.geteuid() == 0:
            entry = pwd.getpwnam("postgres")
            self.account = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        self.data, self.sockets, self.backups, self.elsewhere, self.media = (
            self.make_folder(name) for name in ("data", "run", "backups", "elsewhere", "media")
        )
        self.identity = self.folder / "identity"
        self.recipient = self.make_identity(self.identity)
        self.server = None
        self.variables = {
            "BACKUP_RECIPIENT": self.recipient,
            "BACKUP_FOLDER": str(self.backups),
            "BACKUP_OFFSITE": f"{self.elsewhere}/",
            "PGHOST": str(self.sockets),
            "PGUSER": "weare1",
            "PGDATABASE": "weare1",
            "DATABASE_URL": f"postgresql://weare1@{str(self.sockets).replace('/', '%2F')}:5432/weare1",
            "MEDIA_ROOT": str(self.media),
            "DEV": "1",
            "SITE_URL": "http://localhost",
            **{name: new_key() for name in ("FIELD_KEYS", "DIGEST_KEYS")},
            "DJANGO_SECRET_KEYS": new_key(),
        }

    def make_folder(self, name):
        folder = self.folder / name
        folder.mkdir(mode=0o700)
        if self.account:
            os.chown(folder, self.account["user"], self.account["group"])
        return folder

    def make_identity(self, path):
        """Make a pair of keys of age; returns the public one."""
        subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True)
        return subprocess.run(["age-keygen", "-y", path], check=True, capture_output=True, text=True).stdout.strip()

    @property
    def environment(self):
        return os.environ | self.variables

    def run(self, *command, **options):
        """Run a program of PostgreSQL as its account."""
        return subprocess.run(
            [self.programs / command[0], *command[1:]],
            check=True,
            capture_output=True,
            text=True,
            **self.account,
            **options,
        )

    def create(self):
        """Make the cluster, start it, and fill it with the seeded test database."""
        initdb = ["--username", "weare1", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
        self.run("initdb", "--pgdata", self.data, *initdb)
        self.start()
        dump = self.folder / "dump"
        with dump.open("w") as file:
            subprocess.run(
                [self.programs / "pg_dump", "--no-owner", url_of_test_database()],
                check=True,
                stdout=file,
                env=os.environ,
            )
        self.sql("CREATE DATABASE weare1", "postgres")
        with dump.open() as file:
            self.run("psql", "-qX", "-v", "ON_ERROR_STOP=1", stdin=file, env=self.environment)

    def start(self):
        archive = "env " + " ".join(f"{name}={self.variables[name]}" for name in ("BACKUP_RECIPIENT", "BACKUP_FOLDER"))
        options = {
            "listen_addresses": "",
            "unix_socket_directories": self.sockets,
            "archive_mode": "on",
            "archive_command": f"{archive} {self.root}/bin/backup wal %p",
            "archive_timeout": "60",
            "fsync": "off",
            "log_min_error_statement": "panic",
        }
        self.log = self.folder / "log"
        with self.log.open("a") as log:
            self.server = subprocess.Popen(
                [
                    self.programs / "postgres",
                    "-D",
                    self.data,
                    *(f"--{name}={value}" for name, value in options.items()),
                ],
                stdout=log,
                stderr=log,
                **self.account,
            )
        self.wait_for(self._is_ready)

    def _is_ready(self):
        assert self.server.poll() is None, self.log.read_text()[-2000:]
        return subprocess.run([self.programs / "pg_isready", "-q"], env=self.environment).returncode == 0

    def sql(self, statement, database="weare1"):
        """The rows of a statement as lines, columns separated by |."""
        done = self.run("psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement, env=self.environment)
        return done.stdout.split("\n")[:-1]

    def archive_wal(self):
        """Wait until everything so far is in the archive."""
        [segment] = self.sql("SELECT pg_walfile_name(pg_switch_wal())")
        self.wait_for(lambda: list(self.backups.glob(f"*/wal/{segment}-*.age")))

    def wait_for(self, condition):
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < deadline, self.log.read_text()[-2000:]
            time.sleep(0.1)

    def destroy(self):
        """Kill the server without a checkpoint and delete its data and the pictures."""
        self.kill()
        for folder in (self.data, self.media):
            shutil.rmtree(folder)
            self.make_folder(folder.name)

    def kill(self):
        """Stop the server immediately, without a checkpoint."""
        if self.server and self.server.poll() is None:
            self.server.send_signal(3)
            self.server.wait(TIMEOUT)

    def backup(self, *arguments, **variables):
        """Run bin/backup; returns the finished process."""
        return self.program("backup", *arguments, **variables)

    def restore(self, *arguments, **variables):
        """Run bin/restore into this machine's places, from the copies elsewhere; returns the finished process."""
        places = ["--data", self.data, "--media", self.media, "--identity", self.identity]
        return self.program("restore", self.elsewhere, *places, *arguments, **variables)

    def program(self, name, *arguments, **variables):
        return subprocess.run(
            [self.root / "bin" / name, *arguments],
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )

    def site(self, *arguments, **options):
        """The output of Python in the site's environment on this machine's database."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=True,
            **options,
        ).stdout

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder)
