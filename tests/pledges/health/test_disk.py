"""A disk that is full: a small tmpfs with a tablespace of the test database."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from pledges.models import Submission
from pledges.serving.snapshot import FORMS_CLOSED_SECONDS
from tests.factories import form_data
from tests.pages import Document
from tests.readiness import failing_checks
from tests.sql import sql
from tests.threads import wait_until

MEGABYTES = 40


@pytest.fixture
def small_disk(transactional_db):
    """The folder of a small tmpfs, on which the tablespace `small` is: submissions and temporary files."""
    if os.geteuid() != 0:
        pytest.skip("only root mounts a tmpfs")
    folder = Path(tempfile.mkdtemp(prefix="weare1-disk-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=755", "tmpfs", folder], check=True)
    [[data]] = sql("SHOW data_directory")
    owner = os.stat(data)
    (folder / "space").mkdir(mode=0o700)
    os.chown(folder / "space", owner.st_uid, owner.st_gid)
    folder.chmod(0o755)
    sql(f"CREATE TABLESPACE small LOCATION '{folder}/space'")
    sql("ALTER TABLE pledges_submission SET TABLESPACE small")
    sql("SET temp_tablespaces = small")
    try:
        yield folder
    finally:
        (folder / "filler").unlink(missing_ok=True)
        sql("RESET temp_tablespaces")
        sql("ALTER TABLE pledges_submission SET TABLESPACE pg_default")
        sql("DROP TABLESPACE small")
        subprocess.run(["umount", folder], check=True)
        shutil.rmtree(folder)


def fill(folder):
    """Write a file until the disk is full."""
    with (folder / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


@pytest.mark.drill(only=True)
def test_a_full_disk_answers_503_in_words_and_everything_works_once_there_is_room(client, small_disk):
    assert failing_checks(client) == []
    fill(small_disk)
    assert failing_checks(client) == ["disk"]
    response = client.post("/sq/zotimi/", form_data())
    page = Document(response)
    assert response.status_code == 503 and page.all("a", href="tel:116111")
    # A person who comes now is told before filling in the form.
    assert client.get("/sq/zotimi/").status_code == 503
    for path in ("/sq/", "/en/help/", "/sq/sa-jemi/", "/api/v1/totals.json"):
        assert client.get(path).status_code == 200
    assert not Submission.objects.exists()
    (small_disk / "filler").unlink()
    time.sleep(FORMS_CLOSED_SECONDS)
    assert client.post("/sq/zotimi/", form_data()).status_code == 303
    assert Submission.objects.count() == 1 and failing_checks(client) == []


@pytest.mark.drill(only=True)
def test_too_little_room_for_pictures_fails_the_check(client, small_disk, settings):
    settings.MEDIA_ROOT = str(small_disk / "media" / "not made yet")
    assert failing_checks(client) == ["disk"]


@pytest.mark.django_db
def test_the_probe_of_the_disk_works_on_a_read_only_database_and_leaves_nothing(client):
    sql("SET TRANSACTION READ ONLY")
    assert sql("SELECT probe_disk(16)") == [(1024,)]
    # Other tests use the same cluster.
    wait_until(lambda: sql("SELECT count(*) FROM pg_ls_tmpdir()") == [(0,)])
