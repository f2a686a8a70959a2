"""An operator's mistakes with bin/backup and bin/restore get a sentence, and change nothing."""

import json
import os
import struct
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from operations import files, wal
from operations.files import Base
from tests.drill import require_program
from tests.keys import new_key

ROOT = Path(settings.BASE_DIR)
MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
WAL_FILE = "0000000100000000000000{:02X}"


def make_identity(path):
    """Make a pair of keys of age; returns the public one."""
    require_program("age-keygen", "apt-get install age")
    subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True)
    return subprocess.run(["age-keygen", "-y", path], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def keys():
    return {name: new_key() for name in ("FIELD_KEYS", "DIGEST_KEYS", "DJANGO_SECRET_KEYS")}


@pytest.fixture(scope="module")
def probe(keys):
    done = manage(keys, "check_restored", "--make-probe")
    return done.stdout


def manage(variables, *arguments):
    environment = os.environ | {"DEV": "1", "DATABASE_URL": "postgresql:///weare1"} | variables
    return subprocess.run(
        [ROOT / ".venv/bin/python", "manage.py", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
    )


class Place:
    """A folder with a backup, keys, and empty places to restore into."""

    def __init__(self, folder, keys, probe):
        self.folder, self.keys, self.probe = folder, keys, probe
        self.identity = folder / "identity"
        self.recipient = make_identity(self.identity)
        self.backups, self.data, self.media = (folder / name for name in ("backups", "data", "media"))
        self.base = Base(MOMENT, WAL_FILE.format(5), 6 << 24, self.backups / "7" / "base")
        self.write_meta()
        for path in (self.base.media, self.base.database):
            files.write(path, b"")
        self.write_wal(5, 6, 7)

    def write_meta(self, **changes):
        meta = {"major": major(), "database": "weare1", "owner": "weare1", "probe": self.probe, "moment": str(MOMENT)}
        files.write(self.base.meta, files.encrypt(json.dumps(meta | changes).encode(), self.recipient))

    def write_wal(self, *numbers):
        for number in numbers:
            files.write(self.backups / "7" / "wal" / f"{WAL_FILE.format(number)}-{'0' * 32}.age", b"")

    def restore(self, *arguments, **variables):
        done = subprocess.run(
            [
                ROOT / "bin" / "restore",
                self.backups,
                "--identity",
                self.identity,
                "--data",
                self.data,
                "--media",
                self.media,
            ]
            + [*arguments],
            env=os.environ | {"DEV": "1"} | self.keys | variables,
            capture_output=True,
            text=True,
        )
        return sentence(done)


def major():
    """The major version of a PostgreSQL of this machine."""
    from dev.postgresql import installations

    return next(found.major for found in installations())


def sentence(done):
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.fixture
def place(tmp_path, keys, probe):
    return Place(tmp_path, keys, probe)


def not_empty(place):
    place.data.mkdir()
    (place.data / "PG_VERSION").write_text("17")
    return place.restore()


def other_identity(place):
    make_identity(place.folder / "other")
    return place.restore("--identity", place.folder / "other")


def another_key(name):
    return lambda place: place.restore(**{name: new_key()})


def other_version(place):
    place.write_meta(major=11)
    return place.restore()


def missing_wal(place):
    place.write_wal(9)
    return place.restore()


def public_key_as_identity(place):
    place.identity.write_text(place.recipient)
    return place.restore()


def nothing_there(place):
    place.backups.rename(place.folder / "x")
    place.backups.mkdir()
    return place.restore()


MISTAKES = {
    "a place that is not empty": (not_empty, "data is not empty. Move it away first"),
    "a backup of another key": (other_identity, "does not open this backup: it was encrypted to another key"),
    "a public key as private one": (public_key_as_identity, "holds no private key of age"),
    "no private key": (
        lambda place: place.restore("--identity", "/nowhere"),
        "The private key /nowhere cannot be read",
    ),
    "wrong FIELD_KEYS": (another_key("FIELD_KEYS"), "FIELD_KEYS do not open the ciphertexts of this backup"),
    "wrong DIGEST_KEYS": (another_key("DIGEST_KEYS"), "DIGEST_KEYS are not those of this backup"),
    "another PostgreSQL": (other_version, "This needs PostgreSQL 11; installed is "),
    "missing WAL": (missing_wal, "The WAL segment …0000000000000008 is missing"),
    "before the backup": (
        lambda place: place.restore("--until", "2026-03-01T12:59:00+01:00"),
        "No backup is older than the moment. The oldest is of 2026-03-01 12:00:00 UTC",
    ),
    "in the future": (
        lambda place: place.restore("--until", (datetime.now(UTC) + timedelta(hours=1)).isoformat()),
        "--until lies in the future",
    ),
    "without a zone": (lambda place: place.restore("--until", "2026-03-01 12:00"), "a time with its zone"),
    "no backup": (nothing_there, "holds no backup"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_bin_restore_refuses_with_a_sentence(place, mistake):
    make, words = MISTAKES[mistake]
    assert words in make(place)
    # Nothing was touched.
    assert (
        sorted(path.name for path in place.data.iterdir()) == ["PG_VERSION"]
        if mistake.startswith("a place")
        else (not place.data.exists())
    )


def backup(*arguments, **variables):
    """bin/backup with these variables, without those of the machine."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BACKUP_")}
    return subprocess.run(
        [ROOT / "bin" / "backup", *arguments], env=environment | variables, capture_output=True, text=True
    )


SETTINGS = {
    "no recipient": ({"BACKUP_RECIPIENT": ""}, "Set BACKUP_RECIPIENT in /etc/weare1/backup"),
    "no key": ({"BACKUP_RECIPIENT": "ssh-rsa AAAA"}, "must be a public key of age"),
    "a mistyped key": ({"BACKUP_RECIPIENT": "age1x"}, "BACKUP_RECIPIENT is no public key of age: copy it again"),
    "a private key": ({"BACKUP_RECIPIENT": "AGE-SECRET-KEY-1X"}, "holds a private key"),
    "no folder": ({"BACKUP_FOLDER": "/proc/nowhere/x"}, "is not a folder that"),
    "no number": ({"BACKUP_KEEP_DAYS": "1"}, "BACKUP_KEEP_DAYS must be a number of days"),
}


@pytest.mark.parametrize("mistake", SETTINGS)
def test_bin_backup_refuses_with_a_sentence(tmp_path, mistake):
    variables, words = SETTINGS[mistake]
    folder = Path("/tmp") / f"weare1-{tmp_path.name}-{os.getpid()}"
    folder.mkdir()
    folder.chmod(0o777)
    try:
        defaults = {"BACKUP_RECIPIENT": make_identity(tmp_path / "identity"), "BACKUP_FOLDER": str(folder)}
        assert words in sentence(backup(**defaults | variables))
    finally:
        subprocess.run(["rm", "-r", folder], check=True)


def test_an_unquoted_value_is_named(tmp_path):
    path = tmp_path / "environment"
    path.write_text('# keys\nA=1\n\nB="two words"\nC=\nMAIL_URL=smtp://a b\n')
    from operations.errors import OperatorError
    from operations.settings import read_file

    with pytest.raises(OperatorError, match="line 6: put the value of MAIL_URL in quotes"):
        read_file(path)
    path.write_text(path.read_text().replace("a b", "a"))
    assert read_file(path) == {"A": "1", "B": "two words", "C": "", "MAIL_URL": "smtp://a"}


# The archive of WAL.


@pytest.fixture
def archive(tmp_path):
    """A data folder of a cluster, and a function that archives a file in it."""
    (tmp_path / "data" / "global").mkdir(parents=True)
    (tmp_path / "data" / "global" / "pg_control").write_bytes(struct.pack("=Q", 7) + bytes(100))
    (tmp_path / "identity").parent.mkdir(exist_ok=True)
    recipient = make_identity(tmp_path / "identity")

    def store(content, **variables):
        (tmp_path / "data" / WAL_FILE.format(5)).write_bytes(content)
        variables = {"BACKUP_RECIPIENT": recipient, "BACKUP_FOLDER": str(tmp_path / "backups")} | variables
        environment = os.environ | variables
        return subprocess.run(
            [ROOT / "bin" / "backup", "wal", WAL_FILE.format(5)],
            cwd=tmp_path / "data",
            env=environment,
            capture_output=True,
            text=True,
        )

    store.folder = tmp_path / "backups" / "7" / "wal"
    store.identity = tmp_path / "identity"
    return store


def test_archiving_again_does_nothing_and_another_content_is_refused(archive, tmp_path):
    content = os.urandom(1000) * 100
    for _ in range(2):
        assert archive(content).returncode == 0
    [path] = archive.folder.iterdir()
    assert content not in path.read_bytes()
    assert "holds a WAL file 000000010000000000000005 with another content" in sentence(archive(b"x"))
    assert list(archive.folder.iterdir()) == [path]
    assert wal.fetch(archive.folder, archive.identity.read_text(), WAL_FILE.format(5), tmp_path / "restored") == 0
    assert (tmp_path / "restored").read_bytes() == content


def test_what_cannot_be_read_from_the_archive_ends_the_recovery(archive, tmp_path):
    target = tmp_path / "restored"
    assert wal.fetch(archive.folder, archive.identity.read_text(), WAL_FILE.format(5), target) == 1
    archive(b"x")
    [path] = archive.folder.iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    # Any other status would be the end of the archive, and an older database would open.
    assert wal.fetch(archive.folder, archive.identity.read_text(), WAL_FILE.format(5), target) == wal.ABORT
    assert not target.exists()


def test_two_files_of_one_name_end_the_recovery(archive, tmp_path):
    archive(b"x")
    files.write(archive.folder / f"{WAL_FILE.format(5)}-{'0' * 32}.age", b"of another server")
    assert (
        wal.fetch(archive.folder, archive.identity.read_text(), WAL_FILE.format(5), tmp_path / "restored") == wal.ABORT
    )


def test_a_full_disk_keeps_the_wal_in_postgresql(archive):
    archive.folder.parent.mkdir(parents=True)
    archive.folder.write_text("no folder")
    assert archive(b"x").returncode != 0


def test_without_a_recipient_nothing_is_archived(archive):
    assert archive(b"x", BACKUP_RECIPIENT="").returncode == 0
    assert not archive.folder.exists()


# The keys.


def test_the_keys_are_saved_apart_from_the_backups(tmp_path, keys):
    recipient = make_identity(tmp_path / "identity")
    (tmp_path / "backups").mkdir()
    variables = {"BACKUP_RECIPIENT": recipient, "BACKUP_FOLDER": str(tmp_path / "backups")} | keys
    target = tmp_path / "keys.age"
    assert backup("keys", target, **variables).returncode == 0
    lines = files.decrypt(target, (tmp_path / "identity").read_text()).decode().splitlines()
    assert dict(line.split("=", 1) for line in lines) == keys
    assert "exists" in sentence(backup("keys", target, **variables))
    assert "must not lie in one place" in sentence(backup("keys", tmp_path / "backups" / "keys.age", **variables))
    assert "FIELD_KEYS is not set" in sentence(backup("keys", tmp_path / "x", **variables | {"FIELD_KEYS": ""}))


@pytest.mark.parametrize("program", ["backup", "restore"])
def test_the_code_beside_the_program_runs_in_another_checkout(tmp_path, program):
    (tmp_path / "operations").mkdir()
    for name in ("__init__", "__main__"):
        (tmp_path / "operations" / f"{name}.py").write_text("raise SystemExit('another checkout')")
    done = subprocess.run([ROOT / "bin" / program, "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and f"bin/{program}" in done.stdout, done.stderr
