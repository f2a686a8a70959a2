"""A machine with a database cluster of its own that archives its WAL, pictures, keys, and a folder for backups."""

import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings

from dev.database import installations, is_accessible
from tests.drill import require, require_program
from tests.keys import new_key
from tests.site import copy_seeded_database
from tests.threads import wait_until

TIMEOUT = 300  # seconds
# How programs are run.
RUN = {"capture_output": True, "text": True, "timeout": TIMEOUT}
# Not the usual one: the programs learn it from the configuration of pgBackRest.
PORT = "5433"


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
        found = [one.bin for one in installations() if one.bin.is_relative_to("/usr/lib/postgresql")]
        self.programs = require(found, "PostgreSQL is missing: apt-get install postgresql")[0]
        for program in ("pgbackrest", "restic", "rsync"):
            require_program(program, f"apt-get install {program}")
        # Not tmp_path: the account of PostgreSQL must pass through it.
        self.folder = Path(tempfile.mkdtemp(prefix="weare1-backup-"))
        self.folder.chmod(0o711)
        self.root = checkout(self.folder)
        self.account = {}
        if os.geteuid() == 0:
            entry = pwd.getpwnam("postgres")
            self.account = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        self.data, self.sockets, self.backups, self.elsewhere, self.media, self.mail = (
            self.make_folder(name) for name in ("data", "run", "backups", "elsewhere", "media", "mail")
        )
        self.configuration = self.folder / "pgbackrest.conf"
        self.configure(new_key())
        self.server = None
        self.variables = {
            "PGBACKREST_CONFIG": str(self.configuration),
            "BACKUP_FOLDER": str(self.backups),
            "PGHOST": str(self.sockets),
            "PGUSER": "weare1",
            "DATABASE_URL": f"postgresql://weare1@{str(self.sockets).replace('/', '%2F')}:{PORT}/weare1",
            "MEDIA_ROOT": str(self.media),
            "DEV": "1",
            "SITE_URL": "http://localhost",
            "OPERATOR_EMAIL": "operator@example.org",
            **{name: new_key() for name in ("FIELD_KEYS", "DIGEST_KEYS")},
            "DJANGO_SECRET_KEYS": new_key(),
        }

    def configure(self, passphrase):
        """Write the shipped configuration of pgBackRest, with the places of this machine."""
        text = (settings.BASE_DIR / "deploy" / "pgbackrest.conf").read_text()
        text = text.replace("/var/backups/weare1", str(self.backups))
        text = text.replace("[weare1]", f"repo1-cipher-pass={passphrase}\nlock-path={self.sockets}\n\n[weare1]")
        text = re.sub("^pg1-path=.*$", f"pg1-path={self.data}", text, flags=re.MULTILINE)
        text += f"pg1-socket-path={self.sockets}\npg1-user=weare1\npg1-port={PORT}\n"
        self.configuration.write_text(text)

    def make_folder(self, name):
        folder = self.folder / name
        folder.mkdir(mode=0o700)
        if self.account:
            os.chown(folder, self.account["user"], self.account["group"])
        return folder

    @property
    def environment(self):
        return os.environ | self.variables

    def run(self, *command, **options):
        """Run a program of PostgreSQL as its account."""
        command = [self.programs / command[0], *command[1:]]
        return subprocess.run(command, check=True, **RUN, **self.account, **options)

    def create(self):
        """Make the cluster, start it, and fill it with the seeded test database."""
        initdb = ["--username", "weare1", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
        self.run("initdb", "--pgdata", self.data, *initdb)
        self.start()
        self.sql("CREATE DATABASE weare1", "postgres")
        copy_seeded_database(self.variables["DATABASE_URL"])

    def start(self):
        shipped = dict(re.findall("^(archive_[a-z]+) = '?(.*?)'?$", self.shipped("postgresql.conf"), re.MULTILINE))
        push = shipped["archive_command"].replace("pgbackrest", f"pgbackrest --config={self.configuration}")
        options = shipped | {
            "archive_command": push,
            "listen_addresses": "",
            "port": PORT,
            "unix_socket_directories": self.sockets,
            "fsync": "off",
            "log_min_error_statement": "panic",
        }
        self.log = self.folder / "log"
        command = [
            self.programs / "postgres",
            "-D",
            self.data,
            *(f"--{name}={value}" for name, value in options.items()),
        ]
        with self.log.open("a") as log:
            self.server = subprocess.Popen(command, stdout=log, stderr=log, **self.account)
        self.wait_for(self._is_ready)

    def shipped(self, name):
        """A file of deploy/."""
        return (settings.BASE_DIR / "deploy" / name).read_text()

    def _is_ready(self):
        assert self.server.poll() is None, self.log.read_text()[-2000:]
        return subprocess.run([self.programs / "pg_isready", "-q", "-p", PORT], env=self.environment).returncode == 0

    def sql(self, statement, database="weare1"):
        """The rows of a statement as lines, columns separated by |."""
        options = ("-qXAt", "-p", PORT, "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement)
        done = self.run("psql", *options, env=self.environment)
        return done.stdout.split("\n")[:-1]

    def archive_wal(self):
        """Wait until everything so far is in the archive; returns the name of the last segment."""
        [segment] = self.sql("SELECT pg_walfile_name(pg_switch_wal())")
        self.wait_for(lambda: list(self.backups.glob(f"pgbackrest/archive/**/{segment}-*.zst")))
        return segment

    def wait_for(self, condition):
        wait_until(condition, TIMEOUT, lambda: self.log.read_text()[-2000:])

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

    def program(self, name, *arguments, **variables):
        """Run a program; returns the finished process."""
        return subprocess.run([self.root / name, *arguments], env=self.environment | variables, **RUN)

    def backup(self):
        return self.program("bin/backup")

    def copy_tombstones(self):
        return self.program("operations/run", "erasures")

    def restore(self, *arguments, **variables):
        return self.program("bin/restore", "--data", self.data, *arguments, **variables)

    def site(self, *arguments, **options):
        """The output of Python in the site's environment on this machine's database."""
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=settings.BASE_DIR, env=self.environment, **RUN, **options)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder)
