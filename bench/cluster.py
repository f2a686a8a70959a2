"""The drill of several machines: people sign, confirm and read at a steady rate while parts of it fail, one after the other.

After all events everything acknowledged must be a row, counted, and told by mail; otherwise the drill fails. The table says for
how long no pledge and no confirmation was accepted.
"""

import contextlib
import json
import shutil
import signal
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import psycopg2
from django.db import connections

from bench.programs import require_programs, send
from bench.several import PEOPLE_PER_SECOND, Public, SeveralMachines
from dev.errors import DevError
from tests.faults.crowd import FORM, HELP_NUMBERS

QUIET_SECONDS = 8
# Of each log, after a failure.
LOG_LINES = 15
FENCE = "CREATE TABLE IF NOT EXISTS drill_fence (box text, n int)"
# Of pgbouncer.ini.
POOL = 20
# Longer than a request waits for a connection.
HELD_SECONDS = 18


class Event:
    """One event, and what is printed of it."""

    def __init__(self, name, crowd):
        self.name, self.crowd, self.notes = name, crowd, []

    def __enter__(self):
        self.began = time.monotonic()
        return self

    def __exit__(self, kind, *_error):
        if kind:
            return
        self.crowd.wait_for_more("confirm", 3)
        ended = time.monotonic()
        seconds = self.crowd.longest_gap(self.began, ended)
        missed = self.crowd.pages_missed(self.began, ended)
        notes = "; ".join([f"{missed} pages not served" if missed else "all pages served", *self.notes])
        print(f"{self.name:<48}{seconds:>6.1f} s  {notes}", flush=True)
        # People go on for a moment, so that events do not blur.
        time.sleep(QUIET_SECONDS / 4)


def cluster(_options):
    """Run the drill; raises DevError where a promise is broken or a package is missing."""
    require_programs()
    folder = Path(tempfile.mkdtemp(prefix="weare1-boxes-"))
    folder.chmod(0o711)
    try:
        with SeveralMachines(folder).running() as machine:
            machine.query(FENCE)
            print(f"{'event':<48}{'without service':>8}", flush=True)
            with Public(machine) as crowd:
                for event in EVENTS:
                    event(machine, crowd)
            _settle(machine, crowd)
    except (AssertionError, DevError) as error:
        _print_logs(folder)
        raise DevError(f"The drill has failed: {error}") from error
    finally:
        connections.close_all()
        shutil.rmtree(folder, ignore_errors=True)
    return {}


def _print_logs(folder):
    for log in sorted(folder.rglob("*.log")):
        print(
            f"\n{log.relative_to(folder)}",
            *log.read_text(errors="replace").splitlines()[-LOG_LINES:],
            sep="\n",
            flush=True,
        )


def _settle(machine, crowd):
    """Check that everything acknowledged is a row, counted, and told."""
    # A message whose worker lost the database is sent again when its lease ends.
    crowd.settle_down(most_copies=5)
    machine.check_totals()
    signed, confirmed = crowd.number_of("sign"), crowd.number_of("confirm")
    states = Counter(machine.pledges().values())
    total = json.loads(machine.fetch("/api/v1/totals.json")[1])["total"]
    mails, answers = len(machine.mail.accepted), dict(sorted(crowd.statuses().items()))
    print(f"\nacknowledged: {signed} signed, {confirmed} confirmed; answers by status: {answers}")
    print(f"rows: {states.total()} pledges, {states['confirmed']} of them confirmed; tally: {total}")
    print(f"mails that arrived: {mails}, at least one for each act")
    print("Everything acknowledged is a row, counted and told.", flush=True)


def nothing(_machine, crowd):
    """The rate without a fault."""
    before = len(crowd.times)
    with Event(f"nothing ({2 * PEOPLE_PER_SECOND}/s asked for)", crowd) as event:
        time.sleep(QUIET_SECONDS)
        event.notes.append(f"{(len(crowd.times) - before) / QUIET_SECONDS:.0f}/s acknowledged")


def primary_is_killed(machine, crowd):
    """The machine of the primary is lost. It comes back as a standby."""
    boxes = machine.boxes
    with Event("primary killed with -9", crowd) as event:
        old = boxes.primary()
        boxes.crash(old)
        seconds = boxes.wait_until(lambda: boxes.primary() not in (None, old), 60)
        event.notes.append(f"the standby took over after {seconds:.0f} s")
    boxes.patroni[old].start()
    boxes.wait_for_standby()


def site_is_taken_away(machine, crowd):
    """One of two sites ends. Visitors reach the other."""
    with Event("a site and its worker taken away", crowd):
        machine.sites[0].stop()
        machine.workers[0].stop()
        time.sleep(QUIET_SECONDS)
        machine.sites[0].start()
        machine.workers[0].start()


def pgbouncer_restarts(machine, crowd):
    """All connections of the sites end at once."""
    with Event("pgbouncer restarted", crowd):
        machine.pool.stop()
        machine.pool.start()
        time.sleep(QUIET_SECONDS / 2)


def new_version(machine, crowd):
    """Each box gets the new version in turn, as deploy/update restarts it."""
    with Event("a new version, box by box", crowd):
        for site, worker in zip(machine.sites, machine.workers, strict=True):
            site.restart()
            worker.restart()
            path = machine.sockets[machine.sites.index(site)]
            machine.wait_until(lambda path=path: machine.wrong_at(path) == [])


def primary_is_paused(machine, crowd):
    """Two primaries: the old one stands still, is replaced, and goes on as if no time had passed."""
    boxes = machine.boxes
    with Event("primary paused, replaced, and back", crowd) as event:
        old = boxes.primary()
        boxes.pause(old)
        boxes.wait_until(lambda: boxes.primary() not in (None, old), 60)
        writer = Writer(boxes, old)
        boxes.resume(old)
        began = time.monotonic()
        with writer:
            boxes.wait_until(lambda: len(boxes.primaries()) == 1, 60)
        seconds = time.monotonic() - began
        boxes.wait_for_standby()
        kept = boxes.query("SELECT n FROM drill_fence", database="weare1")
        lost = set(writer.acknowledged) - {n for (n,) in kept}
        assert not lost, f"the former primary acknowledged {len(lost)} writes that are lost"
        event.notes.append(
            f"the former primary stepped down within {seconds:.1f} s; of {writer.tried} writes sent to it, "
            f"{len(writer.acknowledged)} were acknowledged and none of these is lost"
        )


class Writer(threading.Thread):
    """Sends writes to one server as long as the block lasts, past HAProxy, as a site with an old connection would."""

    def __init__(self, boxes, name):
        super().__init__(daemon=True)
        self.boxes, self.name = boxes, name
        self.tried, self.acknowledged, self._done = 0, [], threading.Event()

    def __enter__(self):
        self.start()

    def __exit__(self, *_error):
        self._done.set()
        self.join(30)

    def run(self):
        """Write until the block ends."""
        while not self._done.is_set():
            self.tried += 1
            with contextlib.suppress(psycopg2.Error):
                statement = f"INSERT INTO drill_fence VALUES ('{self.name}', {self.tried})"
                self.boxes.query(statement, self.name, database="weare1")
                self.acknowledged.append(self.tried)


def assert_form_says_so(machine):
    """The form answers that it cannot accept a pledge now, with the help numbers."""
    status, page = machine.fetch(FORM)
    assert status == 503 and "We cannot accept pledges right now" in page, status
    assert all(number in page for number in HELP_NUMBERS)


def etcd_without_majority(machine, crowd):
    """Two of three etcd end. The primary cannot renew its lock and steps down; the site reads and takes no pledge."""
    boxes = machine.boxes
    with Event("etcd without majority", crowd) as event:
        for name in ("box2", "box3"):
            boxes.etcd[name].stop()
        seconds = boxes.wait_until(lambda: not boxes.primaries(), 60)
        machine.wait_until(lambda: machine.fetch(FORM)[0] == 503)
        assert_form_says_so(machine)
        alarms = ", ".join(machine.wrong())
        for name in ("box2", "box3"):
            boxes.etcd[name].start()
        boxes.wait_until(boxes.primary, 60)
        event.notes.append(
            f"the primary stepped down after {seconds:.0f} s; the form says that it accepts no pledge; /readyz: {alarms}"
        )
    boxes.wait_for_standby()


def replica_is_behind(machine, crowd):
    """The standby receives and does not apply. Pages are read from the primary after some seconds."""
    boxes = machine.boxes
    with Event("replica far behind", crowd) as event:
        [(replaying,)] = boxes.query("SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'", boxes.standby())
        # Patroni would end pg_wal_replay_pause().
        send([replaying], signal.SIGSTOP)
        began = time.monotonic()
        machine.wait_for_alarm("replica", 60)
        event.notes.append(f"/readyz names replica after {time.monotonic() - began:.0f} s")
        send([replaying], signal.SIGCONT)


def pgbouncer_is_full(machine, crowd):
    """All connections of the pool are taken for longer than a request may wait."""
    with Event("pgbouncer full", crowd) as event:
        holders = [threading.Thread(target=_hold, args=[machine.pool.url], daemon=True) for _ in range(POOL)]
        for holder in holders:
            holder.start()
        machine.wait_until(lambda: machine.fetch(FORM)[0] == 503, HELD_SECONDS)
        assert_form_says_so(machine)
        event.notes.append("the form says that it accepts no pledge")
        for holder in holders:
            holder.join()


def _hold(url):
    """Take a connection of the pool for a time below the limit of its statements."""
    with contextlib.suppress(psycopg2.Error), contextlib.closing(psycopg2.connect(f"{url}/weare1_web")) as connection:
        connection.cursor().execute(f"SELECT pg_sleep({HELD_SECONDS})")


EVENTS = [
    nothing,
    primary_is_killed,
    site_is_taken_away,
    pgbouncer_restarts,
    new_version,
    primary_is_paused,
    etcd_without_majority,
    replica_is_behind,
    pgbouncer_is_full,
]
