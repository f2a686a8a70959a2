"""What is deleted: old backups, and what no kept backup needs; at the other place the same files, by name."""

from datetime import UTC, datetime, timedelta

import pytest

from operations import files, offsite, pruning
from operations.files import Base
from operations.settings import Settings
from tests.drill import require_program

DAY = timedelta(days=1)


@pytest.fixture
def settings(tmp_path):
    require_program("rsync", "apt-get install rsync")
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    return Settings("", "", tmp_path / "here", keep_days=14, offsite=f"{tmp_path}/there/")


def make(settings, age, segment, system="7"):
    """A backup, the WAL segment that it begins with, and a file of erasures of that time."""
    moment, name = datetime.now(UTC) - age, f"0000000100000000000000{segment:02X}"
    folder = settings.folder / system
    base = Base(moment, name, segment << 24, folder / "base")
    for path in (*base.files, folder / "wal" / f"{name}-0.age", folder / "erasures" / f"{moment:{files.TIME}}-0.age"):
        files.write(path, b"x")
    return base


def names(folder):
    return {path.relative_to(folder) for path in folder.rglob("*.age")}


def test_wal_and_erasures_go_with_the_last_backup_that_needs_them(settings):
    make(settings, 20 * DAY, 3)
    kept = make(settings, 10 * DAY, 5)
    make(settings, DAY, 7)
    pruning.prune(settings)
    folder = settings.folder / "7"
    assert sorted(path.name[22:24] for path in (folder / "wal").iterdir()) == ["05", "07"]
    assert all(pruning.time_of(path) >= kept.moment - DAY for path in (folder / "erasures").iterdir())
    assert len(list((folder / "erasures").iterdir())) == 2


def test_the_newest_backup_stays_however_old(settings):
    base = make(settings, 100 * DAY, 3)
    pruning.prune(settings)
    assert files.bases(settings.folder / "7") == [base]


def test_wal_before_the_first_backup_stays(settings):
    files.write(settings.folder / "7" / "wal" / "000000010000000000000001-0.age", b"x")
    pruning.prune(settings)
    assert len(names(settings.folder)) == 1


def test_an_old_cluster_goes_once_a_new_one_has_a_backup(settings):
    make(settings, 20 * DAY, 3, system="7")
    new = make(settings, DAY, 3, system="8")
    pruning.prune(settings)
    assert {path.parts[0] for path in names(settings.folder)} == {"8"} and files.bases(settings.folder / "8") == [new]


def test_the_other_place_follows_and_a_new_empty_machine_deletes_nothing_there(settings, tmp_path):
    make(settings, 20 * DAY, 3)
    make(settings, DAY, 7)
    (settings.folder / "scratch").mkdir()
    (settings.folder / "scratch" / "clear.age").write_text("clear text")
    (settings.folder / "7" / "base" / "x.age.part").write_text("unfinished")
    offsite.send_all(settings)
    there = tmp_path / "there"
    assert len(names(there)) == 10 and not (there / "scratch").exists() and not list(there.rglob("*.part"))
    pruning.prune(settings)
    offsite.send_all(settings)
    assert len(names(there)) == 5
    # A file that is new.
    files.write(settings.folder / "7" / "erasures" / "new.age", b"x")
    offsite.send_new(settings)
    assert len(names(there)) == 6

    empty = tmp_path / "empty"
    empty.mkdir()
    offsite.send_all(Settings("", "", empty, 14, settings.offsite))
    assert len(names(there)) == 6
