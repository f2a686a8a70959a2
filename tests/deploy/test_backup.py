"""bin/backup and bin/restore on a cluster that archives its WAL: the restore drill, kills, and an operator's mistakes."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings

from operations import erasures
from tests.deploy.archiving import TIMEOUT, Machine
from tests.drill import rounds
from tests.seed import chance

pytestmark = pytest.mark.django_db

SECONDS = rounds(1, 20)
# What the site says about a restored database, as JSON.
STATE = """
import json
from pledges.counting import tally
from pledges.crypto import links
from pledges.models import *
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from staff.models import Invitation

def opens(token):
    return Pledge.objects.find_by_link("manage", links.read("manage", token)) is not None

tokens = json.load(open(TOKENS))
print(json.dumps({
    "pledges": {
        str(p.pk): [p.state, p.updates, p.show_name, p.wall, p.name_cipher is None, p.address, bool(p.restricted_at)]
        for p in Pledge.objects.all()
    },
    "groups": {str(group.pk): group.state for group in GroupPledge.objects.all()},
    "sheets": {str(sheet.pk): sheet.state for sheet in PaperSheet.objects.all()},
    "total": tally.read().total,
    "opens": [opens(token) for token in tokens],
    "codes": [link.code for link in ReferralLink.objects.all()],
    "requests": {str(request.pk): request.state for request in DataRequest.objects.all()},
    "enquiries": Enquiry.objects.count(),
    "blocked": BlockedAddress.objects.count(),
    "accounts": {u.username: [u.is_active, u.groups.count(), u.password] for u in User.objects.all()},
    "open": Session.objects.count() + Invitation.objects.open().count(),
}))
"""

# What ends a pledge.
GONE = ("withdraw", "block", "erase_at_request")


@pytest.fixture(scope="module")
def machine(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        machine = Machine()
        try:
            machine.create()
            picture = machine.media / "pictures" / "a"
            picture.mkdir(parents=True)
            (picture / "full.jpg").write_bytes(os.urandom(5000))
            yield machine
        finally:
            machine.remove()


class Load:
    """People at work in a process of their own; `facts` are the changes that were acknowledged."""

    def __init__(self, machine, seed, staff=""):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.deploy.load", str(seed), str(SECONDS), staff],
            cwd=settings.BASE_DIR,
            env=machine.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait(self):
        out, errors = self.process.communicate(timeout=TIMEOUT + SECONDS)
        assert self.process.returncode == 0, errors[-2000:]
        return [json.loads(line) for line in out.splitlines()]


def succeed(done):
    assert done.returncode == 0, done.stderr
    return done.stdout


def fail(done):
    """The sentence of a program that refused."""
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def state(machine, tokens):
    path = machine.folder / "tokens"
    path.write_text(json.dumps(tokens))
    code = STATE.replace("TOKENS", repr(str(path)))
    return json.loads(machine.site("manage.py", "shell", "-v0", "-c", code))


def check(machine, facts, moment):
    """Compare a restored database with what was acknowledged, of which a part came after the moment (Unix time)."""
    tokens = [
        token for _at, what, _pk, *said in facts if what in ("revoke_links", "change_address") for token in said[:1]
    ]
    ended = {}
    for at, what, pk, *said in facts:
        if what not in ("submitted", "confirmed", "deactivated", "demoted", "changed", "group", "sheet"):
            ended[pk] = (at, what, said)
    living = [
        (at, pk, said[0]) for at, what, pk, *said in facts if what == "confirmed" and pk not in ended and at < moment
    ]
    found = state(machine, [*tokens, *(token for _at, _pk, token in living)])
    pledges = found["pledges"]
    later = check_together(facts, moment, found)
    states = Counter([values[0] for values in pledges.values()])
    groups, sheets = (Counter(found[what].values()) for what in ("groups", "sheets"))
    assert found["total"] == states["confirmed"] + 28 * groups["approved"] + 12 * sheets["counted"]
    assert found["opens"] == [False] * len(tokens) + [True] * len(living)
    assert all(pledges[pk][0] == "confirmed" for _at, pk, _token in living)
    for pk, (at, what, said) in ended.items():
        if at > moment and pk in pledges:
            later.add(what)
        check_one(what, pledges.get(pk), said, found)
    return found, later


def check_together(facts, moment, found):
    """Groups and sheets are in their last state; only groups that were entered after the moment are missing.

    Returns which of both were in the backup and changed after the moment.
    """
    last = {"group": {}, "sheet": {}}
    for at, what, pk, *said in facts:
        if what in last:
            since, _at, _state = last[what].get(pk, (at, at, ""))
            last[what][pk] = (since, at, said[0])
    assert found["sheets"] == {pk: state for pk, (_since, _at, state) in last["sheet"].items()}
    groups = {pk: state for pk, (since, _at, state) in last["group"].items() if since < moment}
    assert found["groups"] == groups
    return {what for what, rows in last.items() if any(since < moment < at for since, at, _state in rows.values())}


def check_one(what, pledge, said, found):
    """Something that ended is still so. The pledge may be missing: it was made after the moment."""
    if what == "erase_at_request":
        # The record of the request is there, also of one that came after the moment.
        assert found["requests"][said[0]] == "answered" and found["enquiries"] == 0
    if what in GONE:
        assert pledge is None
    elif pledge:
        _state, updates, show_name, wall, is_erased, address, is_restricted = pledge
        if what == "restrict_at_request":
            assert is_restricted
        if what == "erase_person":
            assert is_erased and address is None
        if what == "end_consent":
            assert not updates and not show_name
        if what == "hide_name":
            assert wall == "refused"
        if what == "change_address":
            assert address == said[2]
        if what == "revoke_links":
            assert said[1] not in found["codes"]


@pytest.mark.drill
def test_a_restore_keeps_what_was_acknowledged_and_what_was_erased(machine, capsys):
    before = Load(machine, 1, "make").wait()
    during = Load(machine, 2)
    said = succeed(machine.backup())
    assert "Good backup of" in said
    during = during.wait()
    time.sleep(1)
    moment = datetime.now(UTC)
    time.sleep(1)
    after = Load(machine, 3, "end").wait()
    machine.archive_wal()
    succeed(machine.backup("erasures"))
    [accounts] = machine.sql("SELECT count(*) FROM auth_user")
    picture = next(machine.media.rglob("full.jpg")).read_bytes()
    facts = [*before, *during, *after]
    passwords = {what: said[0] for _at, what, _pk, *said in facts if what in ("deactivated", "demoted", "changed")}

    # First the latest moment: a restore begins a new timeline, which later ones follow.
    for until in rounds([moment], [None, moment]):
        machine.destroy()
        said = succeed(machine.restore(*(["--until", until.isoformat()] if until else [])))
        with capsys.disabled():
            print(f"\n{said}", end="")
        machine.start()
        found, later = check(machine, facts, until.timestamp() if until else time.time())
        assert found["blocked"] > 0 and found["open"] == 0
        assert next(machine.media.rglob("full.jpg")).read_bytes() == picture
        assert accounts == str(len(found["accounts"]))
        assert {name.partition("@")[0]: values for name, values in found["accounts"].items()} == {
            "deactivated": [False, 1, passwords["deactivated"]],
            "demoted": [True, 0, passwords["demoted"]],
            "changed": [True, 1, passwords["changed"]],
        }
        if until:
            # Those who were erased after the moment were in the backup, and everything that ended afterwards was tried.
            ends = {"erase_person", "end_consent", "hide_name", "revoke_links", "change_address", "restrict_at_request"}
            assert later == ends | {"group", "sheet"}
        else:
            confirmed = {pk for _at, what, pk, *_said in facts if what == "confirmed"}
            gone = {pk for _at, what, pk, *_said in facts if what in GONE}
            assert set(found["pledges"]) == confirmed - gone
        # The archive goes on with the new timeline.
        machine.archive_wal()
        succeed(machine.backup("erasures"))
        assert list(machine.elsewhere.glob("*/wal/*.history-*.age"))


@pytest.mark.drill(only=True)
def test_a_moment_after_the_end_of_the_wal_is_a_sentence_and_the_place_is_empty_again(machine):
    succeed(machine.backup())
    machine.sql("UPDATE pledges_sector SET position = position + 1")
    machine.archive_wal()
    succeed(machine.backup("erasures"))
    machine.destroy()
    time.sleep(1)
    assert "The WAL ends before the moment" in fail(machine.restore("--until", datetime.now(UTC).isoformat()))
    assert not any(machine.data.iterdir()) and not any(machine.media.iterdir())
    succeed(machine.restore())
    machine.start()


@pytest.mark.drill
def test_entries_that_are_committed_out_of_order_are_all_copied(machine):
    def insert(kind):
        connection = psycopg2.connect(host=str(machine.sockets), user="weare1", dbname="weare1")
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO pledges_outboxentry (kind, rows) VALUES (%s, '[]')", [kind])
        return connection

    def copied():
        [system] = [path for path in machine.backups.iterdir() if path.name.isdecimal()]
        entries = erasures.read(system, machine.identity.read_text(), datetime.now(UTC) - timedelta(days=1))
        return {entry["kind"] for entry in entries if entry["kind"].startswith("x")}

    early, late = insert("x early"), insert("x late")
    late.commit()
    succeed(machine.backup("erasures"))
    assert copied() == {"x late"}
    early.commit()
    succeed(machine.backup("erasures"))
    assert copied() == {"x early", "x late"}

    # Many writers, and copies meanwhile.
    written, stop = set(), threading.Event()

    def write(writer):
        drawn = chance("writer", writer)
        for number in itertools.count():
            if stop.is_set():
                return
            connection = insert(f"x {writer} {number}")
            time.sleep(drawn.random() / 50)
            connection.commit()
            written.add(f"x {writer} {number}")
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, writer) for writer in range(4)]
        try:
            for _ in range(rounds(2, 30)):
                succeed(machine.backup("erasures"))
        finally:
            stop.set()
        for writer in writers:
            writer.result(TIMEOUT)
    succeed(machine.backup("erasures"))
    assert written and copied() == {"x early", "x late"} | written
    machine.sql("DELETE FROM pledges_outboxentry")
    for connection in (early, late):
        connection.close()


def scratch_processes(machine):
    """Command lines of programs that work on clear text."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes())
    return [line for line in found if os.fsencode(machine.backups / "scratch") in line]


@pytest.mark.drill
def test_a_killed_backup_leaves_no_clear_text_and_the_next_one_works(machine):
    scratch = machine.backups / "scratch"
    # While it copies, and while the scratch cluster runs.
    for reached in rounds(["run/.s.PGSQL.5432"], ["data/PG_VERSION", "data/backup_manifest", "run/.s.PGSQL.5432"]):
        process = subprocess.Popen(
            [machine.root / "bin" / "backup"], env=machine.environment, stderr=subprocess.DEVNULL
        )
        machine.wait_for((scratch / reached).exists)
        process.send_signal(signal.SIGKILL)
        process.wait(TIMEOUT)
        succeed(machine.backup("erasures"))
        assert not scratch.exists() and not list(machine.backups.rglob("*.part"))
        machine.wait_for(lambda: not scratch_processes(machine))
    succeed(machine.backup())
    assert not scratch.exists()


@pytest.mark.drill(only=True)
def test_a_full_disk_is_a_sentence_and_the_old_backup_stays(machine):
    if os.geteuid() != 0:
        pytest.skip("mounting takes root")
    folder = machine.make_folder("small")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", folder], check=True)
    try:
        os.chown(folder, machine.account["user"], machine.account["group"])
        where = {"BACKUP_FOLDER": str(folder), "BACKUP_OFFSITE": ""}
        succeed(machine.backup(**where))
        good = {path: path.read_bytes() for path in folder.rglob("*.age")}
        # Full while it works.
        process = subprocess.Popen(
            [machine.root / "bin" / "backup"], env=machine.environment | where, stderr=subprocess.PIPE, text=True
        )
        machine.wait_for((folder / "scratch" / "data").exists)
        with (folder / "filler").open("wb") as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(1024**2))
                filler.flush()
        _out, words = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 1 and "Traceback" not in words and "full" in words
        assert not (folder / "scratch").exists() and not list(folder.rglob("*.part"))
        # Full from the start.
        assert "MB free and a backup needs" in fail(machine.backup(**where))
        assert {path: path.read_bytes() for path in folder.rglob("*.age")} == good
    finally:
        subprocess.run(["umount", folder], check=True)
