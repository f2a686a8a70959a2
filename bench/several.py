"""The site on several machines (bench/boxes.py): two sites, two workers, and the people who sign and read meanwhile."""

import contextlib
import http.client
import itertools
import json
import os
import threading
import time

from django.conf import settings

from bench.boxes import FILES, Boxes
from dev.pgbouncer import Pgbouncer
from tests.faults.crowd import Crowd, Person
from tests.faults.machine import MIGRATE_AND_SEED, Machine, fetch, site_service, worker_service
from tests.site import collect_static
from tests.smtp import MailServer

# Each signs and confirms.
PEOPLE_PER_SECOND = 10
VISITORS = 40
READING_INTERVAL = 0.2  # seconds
# Visitors who do not reach one site try the other.
NOT_THERE = (ConnectionRefusedError, FileNotFoundError)


class SeveralMachines(Machine):
    """Boxes with two sites and two workers, of which the crowd of tests/faults/ sees one site."""

    def __init__(self, folder):
        self.folder, self.boxes = folder, Boxes(folder)
        (folder / "pool").mkdir()
        place = {r"weare1_web = host=127\.0\.0\.1 (.*)": rf"weare1_web = host={self.boxes.net}.9 \1"}
        self.pool = Pgbouncer(folder / "pool", self.boxes.account, place, FILES / "pgbouncer.ini")
        self.sockets = [str(folder / f"site{number}.sock") for number in (1, 2)]
        self.sites = [
            site_service(path, self.site_environment, folder / f"site{number}.log")
            for number, path in enumerate(self.sockets, 1)
        ]
        self.workers = [worker_service(self.environment, folder / f"worker{number}.log") for number in (1, 2)]
        self._turns = itertools.count()

    @contextlib.contextmanager
    def running(self):
        """Start everything, and stop it at the end."""
        with contextlib.ExitStack() as stack:
            self.mail = stack.enter_context(MailServer())
            stack.callback(self.boxes.stop)
            self.boxes.start_databases()
            self.pool.start()
            stack.callback(self.pool.stop)
            self.manage("shell", "-v0", "-c", MIGRATE_AND_SEED)
            collect_static()
            for service in (*self.sites, *self.workers):
                service.start()
                stack.callback(service.stop)
            # Called first: what waits for another part would not stop.
            stack.callback(self.mend)
            self.wait_for_health(90)
            yield self

    def environment(self):
        """The environment of workers and commands, which reach the primary through HAProxy."""
        return os.environ | {
            "DEV": "1",
            "DATABASE_URL": self.boxes.url(5000),
            "MAIL_URL": "smtp://{}:{}".format(*self.mail.server_address),
            "SITE_URL": settings.SITE_URL,
            "TRUSTED_PROXIES": "unix",
            "MEDIA_ROOT": str(self.folder / "media"),
        }

    def site_environment(self):
        """The environment of gunicorn: pgbouncer before HAProxy, and the replica for public pages."""
        return self.environment() | {
            "DATABASE_URL": f"{self.pool.url}/weare1_web",
            "REPLICA_URL": self.boxes.url(5001),
        }

    def fetch(self, path, form=None, network="10.0.0.1"):
        """(status, body) of a request to one of the sites in turn, or to the other while that one is away."""
        turn = next(self._turns)
        try:
            return fetch(self.sockets[turn % 2], path, form, network)
        except NOT_THERE:
            return fetch(self.sockets[(turn + 1) % 2], path, form, network)

    def wrong(self):
        """The alarms of both sites."""
        return sorted({name for path in self.sockets for name in self.wrong_at(path)})

    @staticmethod
    def wrong_at(path_of_socket):
        """The alarms of one site."""
        try:
            return json.loads(fetch(path_of_socket, "/readyz")[1])["wrong"]
        except (OSError, http.client.HTTPException, ValueError):
            return ["no answer"]

    def query(self, statement):
        """The rows of a statement on the primary, as an administrator of the database."""
        return self.boxes.query(statement, database="weare1")

    def mend(self):
        """Let every part run."""
        for program in (*self.boxes.etcd.values(), *self.boxes.patroni.values(), self.boxes.haproxy):
            program.start()
        for name in self.boxes.patroni:
            self.boxes.resume(name)


class Stays(Person):
    """A person who does not withdraw, so that as many rows are left as were acknowledged."""

    withdraws = False


class Public(Crowd):
    """A crowd that comes at a steady rate, and people who only read."""

    visitors, person = VISITORS, Stays

    def __init__(self, machine):
        super().__init__(machine)
        # Monotonic times of everything that was acknowledged.
        self.times = []
        # (monotonic time, status) of each page that was read; 0 without an answer.
        self.pages = []
        self._due = time.monotonic()
        self._pace = threading.Lock()
        self._threads.append(threading.Thread(target=self._read, daemon=True))

    def _next_person(self):
        with self._pace:
            # Those who could not come for a while do not come all at once.
            self._due = max(self._due + 1 / PEOPLE_PER_SECOND, time.monotonic() - 1)
            wait = self._due - time.monotonic()
        self._closing.wait(max(0, wait))
        return super()._next_person()

    def _try(self, act):
        if done := super()._try(act):
            self.times.append(time.monotonic())
        return done

    def _read(self):
        for path in itertools.cycle(("/en/", "/sq/ndihme/", "/en/totals/")):
            if self._closing.wait(READING_INTERVAL):
                return
            try:
                status, _body = self.machine.fetch(path)
            except (OSError, http.client.HTTPException):
                status = 0
            self.pages.append((time.monotonic(), status))

    def longest_gap(self, since, until):
        """The longest time in seconds between two acknowledgements within these monotonic times."""
        times = [since, *(at for at in list(self.times) if since < at < until), until]
        return max(later - sooner for sooner, later in itertools.pairwise(times))

    def pages_missed(self, since, until):
        """How many pages were not answered with 200 within these monotonic times."""
        return sum(since < at < until and status != 200 for at, status in list(self.pages))
