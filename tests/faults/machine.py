"""The whole site with parts that can fail: PostgreSQL, gunicorn, worker and mail server, with a proxy before two of them."""

import contextlib
import http.client
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg2
from django.conf import settings

from dev.database import Cluster
from pledges.crypto import keys
from tests.faults.proxy import Proxy
from tests.faults.supervisor import TIMEOUT, Service
from tests.site import collect_static, copy_seeded_database, fetch
from tests.smtp import MailServer
from tests.threads import wait_until

# Seconds. No visitor waits longer.
LONGEST_WAIT = 35
DISK_BYTES = 400 * 1024 * 1024
# Production has three; each needs a second to start.
GUNICORN_PROCESSES = 2
# Moves every time in the rows of the site into the past. django-tasks stores "run immediately" as the maximal date, which stays.
LET_TIME_PASS = """
DO $$
DECLARE
    place record;
BEGIN
    FOR place IN
        SELECT table_name, string_agg(format(
            '%%1$I = CASE WHEN %%1$I < ''9000-01-01'' THEN %%1$I - interval ''%(seconds)s seconds'' ELSE %%1$I END', column_name
        ), ', ') AS changes
        FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND data_type = 'timestamp with time zone'
            AND table_name ~ '^(pledges|django_tasks)' AND table_name !~ 'published'
        GROUP BY table_name
    LOOP
        EXECUTE format('UPDATE %%I SET %%s', place.table_name, place.changes);
        -- Locks of several tables could deadlock with the crowd.
        COMMIT;
    END LOOP;
END $$
"""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=120)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def arguments_of(unit, program):
    """What a unit of deploy/ starts after this program."""
    text = (settings.BASE_DIR / "deploy" / f"{unit}.service").read_text()
    return re.search(rf"^ExecStart=.*?{program} (.*)$", text, re.MULTILINE)[1]


class Machine:
    """The installed site. `variables` are environment variables in addition; a restart of a service applies them.

    `has_worker` is whether the worker runs from the beginning.
    """

    has_worker = True

    def __init__(self, folder):
        self.folder = folder
        self.cluster = Cluster("serve", root=folder / "checkout", outside=folder / "outside")
        self.socket = str(folder / "gunicorn.sock")
        self.variables = {}
        # gunicorn takes the last of several values of an option, but listens on all sockets.
        arguments = re.sub(r"--bind \S+", "", arguments_of("gunicorn", "-m gunicorn"))
        bound = f" --bind unix:{self.socket} --workers {GUNICORN_PROCESSES}"
        self.site = Service(["-m", "gunicorn", *shlex.split(arguments + bound)], self.environment, folder / "site.log")
        command = ["manage.py", *shlex.split(arguments_of("worker", "manage.py"))]
        self.worker = Service(command, self.environment, folder / "worker.log")

    @contextlib.contextmanager
    def running(self):
        """Start everything, and stop it at the end."""
        with contextlib.ExitStack() as stack:
            self.mail = stack.enter_context(MailServer())
            self.mail_network = Proxy(self.mail.server_address)
            stack.callback(self.mail_network.cut)
            self.cluster.start()
            stack.callback(self.cluster.stop)
            self.database_network = Proxy(str(self.cluster.sockets / ".s.PGSQL.5432"))
            stack.callback(self.database_network.cut)
            # Little WAL, which the tests of a full disk can fill.
            for name, size in {"max_wal_size": "64MB", "min_wal_size": "32MB"}.items():
                self.set_in_postgresql(name, size)
            copy_seeded_database(self.cluster.url)
            collect_static()
            self.site.start()
            stack.callback(self.site.stop)
            if self.has_worker:
                self.worker.start()
                stack.callback(self.worker.stop)
            # Called first: what waits for another part would not stop.
            stack.callback(self.mend)
            self.wait_until_up()
            yield self

    def wait_until_up(self):
        """Wait until all that was started works."""
        self.wait_for_health()

    def environment(self):
        """The environment of every process of the site."""
        host, port = self.database_network.address
        return os.environ | {
            "DEV": "1",
            "DATABASE_URL": f"postgres://weare1@{host}:{port}/weare1",
            "MAIL_URL": "smtp://{}:{}".format(*self.mail_network.address),
            "SITE_URL": settings.SITE_URL,
            "TRUSTED_PROXIES": "unix",
            "MEDIA_ROOT": str(settings.MEDIA_ROOT),
            **self.variables,
        }

    def manage(self, *command):
        """What a command of manage.py prints, which must succeed."""
        command = [sys.executable, "manage.py", *command]
        done = subprocess.run(command, cwd=settings.BASE_DIR, env=self.environment(), capture_output=True, text=True)
        assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout

    def check_totals(self):
        """Wait until the public total, which is that of the last count, equals the rows; returns it."""
        [[rows]] = self.query("SELECT count(*) FROM pledges_pledge WHERE state = 'confirmed'")
        self.wait_until(lambda: json.loads(self.fetch("/api/v1/totals.json")[1])["total"] == rows)
        return rows

    def fetch(self, path, form=None, network="10.0.0.1"):
        """(status, body) of a request to gunicorn; with `form` it is a POST. Without a network it is the machine's own.

        Raises OSError or HTTPException.
        """
        headers = {"X-Forwarded-For": network} if network else {}
        return fetch(_UnixConnection(self.socket), path, form, headers)[::2]

    def wrong(self):
        """The alarms: the failed checks of /readyz, or ["no answer"]."""
        try:
            return json.loads(self.fetch("/readyz", network=None)[1])["wrong"]
        except (OSError, http.client.HTTPException, ValueError):
            return ["no answer"]

    def query(self, statement):
        """The rows of a statement, on a direct connection to the database."""
        with contextlib.closing(psycopg2.connect(self.cluster.url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                # An operator repairs a database that is read-only.
                cursor.execute("SET default_transaction_read_only = off")
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []

    def let_time_pass(self, seconds):
        """Move every time in the rows of the site into the past, as if this time had passed."""
        self.query(LET_TIME_PASS % {"seconds": seconds})

    def retry_messages_now(self):
        """Let the time of the next attempt come for all messages."""
        self.query("UPDATE pledges_message SET due_at = now() WHERE state = 'queued' AND due_at > now()")

    def kill_worker(self):
        """Kill the worker, and let a minute pass for the messages that it was sending: their leases end."""
        self.worker.kill()
        self.worker.process.wait()
        self.query("UPDATE pledges_message SET leased_until = now() WHERE leased_until > now()")

    def set_in_postgresql(self, name, value):
        """Set a parameter of the server, for all sessions at once; None is its default."""
        self.query(f"ALTER SYSTEM SET {name} = '{value}'" if value is not None else f"ALTER SYSTEM RESET {name}")
        self.query("SELECT pg_reload_conf()")

    def fill_write_ahead_log(self):
        """Write to the log of PostgreSQL until the server has stopped, because its disk is full."""
        with contextlib.suppress(psycopg2.Error):
            while True:
                self.query("SELECT pg_logical_emit_message(false, '', repeat('x', 1000000))")

    def owed(self):
        """How many submissions are not settled and messages not sent."""
        [(number,)] = self.query(
            "SELECT (SELECT count(*) FROM pledges_submission) "
            "+ (SELECT count(*) FROM pledges_message WHERE state = 'queued')"
        )
        return number

    def pledges(self):
        """{address: state} of all pledges."""
        rows = self.query("SELECT id, address_cipher, state FROM pledges_pledge")
        found = {keys.decrypt(cipher, associated_data=f"pledge.address.{id}"): state for id, cipher, state in rows}
        assert len(found) == len(rows), "a person has two pledges"
        return found

    def run_postgresql(self, *arguments):
        """Run pg_ctl with the data of the cluster."""
        self.cluster.run_as_owner(self.cluster.binaries() / "pg_ctl", *arguments, "--pgdata", self.cluster.data)

    def mend(self):
        """Undo every fault of the parts and of the network between them."""
        self.mail.replies, self.mail.delay = {}, 0
        self.mail_network.mend()
        self.database_network.mend()
        self.cluster.start()
        self.set_in_postgresql("default_transaction_read_only", None)

    def wait_for_alarm(self, name, seconds=TIMEOUT):
        """Wait until /readyz names this check."""
        self.wait_until(lambda: name in self.wrong(), seconds)

    def wait_for_health(self, seconds=60):
        """Wait until /readyz names nothing."""
        self.wait_until(lambda: self.wrong() == [], seconds)

    def wait_until(self, condition, seconds=TIMEOUT):
        """Wait until the function returns something true; returns it."""
        return wait_until(condition, seconds, self.state)

    def state(self):
        """What a failing test shows: alarms and the ends of the logs."""
        ends = {log.name: log.read_text().splitlines()[-15:] for log in self.folder.glob("*.log")}
        return json.dumps({"wrong": self.wrong(), **ends}, indent=1, ensure_ascii=False)


@contextlib.contextmanager
def new_machine(kind=Machine):
    """A machine in a new folder, running. The data of PostgreSQL are on a small disk of their own where that can be mounted."""
    # Not tmp_path: pytest makes its parent private, and the account of PostgreSQL must pass through it.
    folder = Path(tempfile.mkdtemp(prefix="weare1-faults-"))
    folder.chmod(0o711)
    disk = folder / "checkout"
    disk.mkdir(mode=0o755)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=755", "weare1-faults", str(disk)]
    subprocess.run(mount, capture_output=True, check=False)
    try:
        with kind(folder).running() as machine:
            yield machine
    finally:
        if disk.is_mount():
            subprocess.run(["umount", str(disk)], check=True)
        shutil.rmtree(folder)
