"""bin/backup, bin/check-backup, bin/restore and the copies elsewhere, with pgBackRest and restic: the story of a lost machine."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings

from tests.deploy.archiving import PORT, Machine
from tests.drill import rounds
from tests.keys import new_key
from tests.smtp import MailServer

pytestmark = pytest.mark.drill
SECONDS = rounds(1, 20)
# What the site says about a restored database, as JSON.
STATE = """
import json
from pledges.counting import tally
from pledges.crypto import links
from pledges.models import *
from django.contrib.auth.models import User
from tests.deploy.load import values

def opens(token):
    return Pledge.objects.find_by_link("manage", links.read("manage", token)) is not None

print(json.dumps({
    "pledges": {str(pledge.pk): values(pledge) for pledge in Pledge.objects.all()},
    "total": tally.read().total,
    "opens": [opens(token) for token in json.load(open(TOKENS))],
    "enquiries": Enquiry.objects.count(),
    "blocked": BlockedAddress.objects.count(),
    "active": sorted(User.objects.filter(is_active=True).values_list("username", flat=True)),
}))
"""
STAFF = """
INSERT INTO auth_user (username, password, first_name, last_name, email, is_staff, is_active, is_superuser, date_joined)
SELECT name, '!', '', '', name || '@shembull.al', true, true, false, now() FROM unnest('{arta,besa}'::text[]) name
"""


@pytest.fixture(scope="module")
def machine():
    machine = Machine()
    try:
        machine.create()
        picture = machine.media / "pictures" / "a"
        picture.mkdir(parents=True)
        (picture / "full.jpg").write_bytes(os.urandom(5000))
        yield machine
    finally:
        machine.remove()


def load(machine, seed, end=""):
    """People at work in a process of their own: the changes that were acknowledged."""
    said = machine.site("-m", "tests.deploy.load", str(seed), str(SECONDS), end)
    return [json.loads(line) for line in said.splitlines()]


def succeed(done):
    assert done.returncode == 0, done.stderr
    return done.stdout


def fail(done):
    """The sentence of a program that refused."""
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def state(machine, tokens):
    path = machine.folder / "tokens"
    path.write_text(json.dumps(tokens))
    code = STATE.replace("TOKENS", repr(str(path)))
    return json.loads(machine.site("manage.py", "shell", "-v0", "-c", code))


def check(machine, facts, moment):
    """Compare a restored database with what was acknowledged, of which a part came after the moment (Unix time)."""
    ended = {pk: (at, what, *said) for at, what, pk, *said in facts if what not in ("submitted", "confirmed")}
    made = {pk: at for at, what, pk, *_said in facts if what == "confirmed"}
    living = {pk: said[0] for at, what, pk, *said in facts if what == "confirmed" and pk not in ended and at < moment}
    dead = [token for _at, _what, _left, tokens in ended.values() for token in tokens]
    found = state(machine, [*dead, *living.values()])
    pledges, later = found["pledges"], set()
    assert found["opens"] == [False] * len(dead) + [True] * len(living)
    assert found["total"] == len([None for values in pledges.values() if values[0] == "confirmed"])
    assert found["enquiries"] == 0 and all(pledges[pk][0] == "confirmed" for pk in living)
    for pk, (at, what, left, _tokens) in ended.items():
        assert pledges.get(pk) == left or (pk not in pledges and made[pk] > moment), what
        if at > moment and pk in pledges:
            later.add(what)
    return found, later


def pull(machine):
    """What the other machine does every minute."""
    script = settings.BASE_DIR / "deploy" / "elsewhere" / "pull"
    variables = {"SOURCE": str(machine.backups), "COPIES": str(machine.elsewhere)}
    return subprocess.run([script], env=os.environ | variables, capture_output=True, text=True)


def test_a_lost_machine_comes_back_from_elsewhere_and_what_was_erased_stays_erased(machine):
    machine.sql(STAFF)
    before = load(machine, 1)
    assert "Backup made" in succeed(machine.backup())
    during = load(machine, 2)
    assert "(diff)" in succeed(machine.backup())
    time.sleep(1)
    moment = datetime.now(UTC)
    time.sleep(1)
    after = load(machine, 3, "end")
    machine.archive_wal()
    succeed(machine.copy_tombstones())
    picture = next(machine.media.rglob("full.jpg")).read_bytes()
    facts = [*before, *during, *after]
    ends = {"erase_person", "end_consent", "hide_name", "revoke_links", "change_address", "restrict_at_request"}

    old, yesterday = (machine.elsewhere / f"{datetime.now() - days * timedelta(days=1):%F}" for days in (8, 1))
    old.mkdir()
    assert pull(machine).returncode == 0
    assert not old.exists()
    [today] = machine.elsewhere.iterdir()
    # A day later whoever holds the machine deletes everything there: the copies stay, also those that would expire.
    today.rename(yesterday)
    old.mkdir()
    machine.destroy()
    shutil.rmtree(machine.backups)
    machine.make_folder("backups")
    assert "no backup for two days" in pull(machine).stderr
    assert old.exists()
    subprocess.run(["cp", "-a", f"{yesterday}/.", machine.backups], check=True)

    succeed(machine.restore("--until", moment.isoformat(), "--administrator", "arta@shembull.al"))
    machine.start()
    found, later = check(machine, facts, moment.timestamp())
    assert found["blocked"] > 0 and found["active"] == ["arta"]
    # Those who were erased after the moment were in the backup, and everything that ended afterwards was tried.
    assert later == ends
    assert next(machine.media.rglob("full.jpg")).read_bytes() == picture


def test_the_weekly_check_restores_compares_and_mails_one_line(machine):
    succeed(machine.backup())
    with MailServer() as mail:
        variables = {"MAIL_URL": f"smtp://127.0.0.1:{mail.server_address[1]}/?from=zotimi@shembull.al"}
        said = succeed(machine.program("bin/check-backup", **variables))
        assert "The backup is good" in said and machine.sql("SELECT checked_at > made_at FROM pledges_backup") == ["t"]
        with damaged(max(machine.backups.glob("pgbackrest/backup/weare1/*F/bundle/*"))):
            assert "Damaged in" in fail(machine.program("bin/check-backup", **variables))
        with other_file(Path("/var/tmp/weare1-check")):
            fail(machine.program("bin/check-backup", **variables))
        subjects = [message["Subject"] for message in mail.accepted]
    assert "The backup is good" in subjects[0]
    assert ["The backup is not good" in subject for subject in subjects[1:]] == [True, True]


@contextlib.contextmanager
def other_file(path):
    """A file that stands where a folder should be made."""
    path.touch()
    try:
        yield
    finally:
        path.unlink()


def test_a_backup_that_was_killed_does_not_stop_the_next_one(machine):
    succeed(machine.backup())
    passphrase = re.search("repo1-cipher-pass=(.*)", machine.configuration.read_text())[1]
    killed = subprocess.Popen(
        ["restic", "--no-cache", "--quiet", "--repo", machine.backups / "media", "backup", "--stdin"],
        stdin=subprocess.PIPE,
        env=os.environ | {"RESTIC_PASSWORD": passphrase},
        **machine.account,
    )
    with killed:
        machine.wait_for(lambda: list((machine.backups / "media" / "locks").iterdir()))
        killed.kill()
    succeed(machine.backup())


class damaged:
    """A flipped byte at a place of a file, in parts of its length, as a context."""

    def __init__(self, path, place=0.5):
        self.path, self.place = path, place

    def flip(self, *_):
        data = bytearray(self.path.read_bytes())
        data[int(len(data) * self.place)] ^= 1
        self.path.write_bytes(data)

    __enter__ = __exit__ = flip


def test_wrong_keys_and_damaged_or_missing_files_are_refused_in_a_sentence(machine):
    succeed(machine.backup())
    machine.sql("UPDATE pledges_sector SET position = position + 1")
    segment = machine.archive_wal()
    machine.sql("UPDATE pledges_sector SET position = position + 1")
    machine.archive_wal()
    succeed(machine.copy_tombstones())
    machine.destroy()
    [wal] = machine.backups.glob(f"pgbackrest/archive/**/{segment}-*.zst")
    # Of the last backup: what it holds is restored. Some of an earlier one is not, once it has changed.
    bundle = max((machine.backups / "pgbackrest/backup/weare1/latest").resolve().glob("bundle/*"))
    # What is damaged late in a file does not decompress, which pgBackRest says in other words than a wrong checksum.
    for path, place in ((bundle, 0.5), (wal, 0.2), (wal, 0.9)):
        with damaged(path, place):
            words = fail(machine.restore())
            assert f"{path.parent.name}/{path.name}" in words and "Fetch it again from the other place" in words
            assert not any(machine.data.iterdir()) and not any(machine.media.iterdir())
    for name in ("FIELD_KEYS", "DIGEST_KEYS"):
        assert name in fail(machine.restore(**{name: new_key()}))
        assert not any(machine.data.iterdir())
    right = machine.configuration.read_text()
    machine.configure(new_key())
    assert "The passphrase in" in fail(machine.restore())
    machine.configuration.write_text(right)
    late = ("--until", datetime.now(UTC).isoformat(), "--administrator", "arta@shembull.al")
    assert "The log of changes ends before this moment" in fail(machine.restore(*late))
    early = ("--until", (datetime.now(UTC) - timedelta(days=1)).isoformat(), "--administrator", "arta@shembull.al")
    assert "No backup is older than this moment" in fail(machine.restore(*early))
    assert "name the email address of one --administrator" in fail(machine.restore("--until", "2026-03-01T12:00:00Z"))
    assert "a time with its zone" in fail(machine.restore("--until", "2026-03-01 12:00", "--administrator", "x"))
    assert not any(machine.data.iterdir()) and not any(machine.media.iterdir())
    (machine.media / "other").write_text("x")
    assert "is not empty. Move it away first" in fail(machine.restore())
    (machine.media / "other").unlink()
    # The archive went on with the timeline of the restore before.
    succeed(machine.restore())
    machine.start()


def test_tombstones_that_are_committed_out_of_order_are_all_copied(machine):
    def insert(kind):
        connection = psycopg2.connect(port=PORT, host=str(machine.sockets), user="weare1", dbname="weare1")
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO pledges_tombstone (kind, \"row\") VALUES (%s, '1')", [kind])
        return connection

    def copied():
        lines = "".join(path.read_text() for path in (machine.backups / "tombstones").glob("*.jsonl")).splitlines()
        return {kind for kind in (json.loads(line)["kind"] for line in lines) if kind.startswith("x")}

    early, late = insert("x early"), insert("x late")
    late.commit()
    succeed(machine.copy_tombstones())
    assert copied() == {"x late"}
    early.commit()
    succeed(machine.copy_tombstones())
    assert copied() == {"x early", "x late"}
    for connection in (early, late):
        connection.close()
