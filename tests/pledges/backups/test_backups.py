"""What the site says about its backups: /readyz and the front page of the admin."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from pledges.models import Backup
from tests.factories import make_staff, sign_in
from tests.pages import Document

pytestmark = pytest.mark.django_db

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def backup(settings):
    """A good backup of now, expected every 26 hours."""
    settings.BACKUP_HOURS = 26
    now = timezone.now()
    return Backup.objects.create(made_at=now, checked_at=now, copied_at=now)


def is_named(client):
    return "backup" in client.get("/readyz").json()["wrong"]


def front_page(client):
    page = Document(sign_in(client, make_staff(superuser=True)).get("/admin/", headers={"accept-language": "en"}))
    found = page.all("dd", **{"class": "backup"}) + page.all("dd", **{"class": "backup late"})
    return [page.words(node) for node in found]


def test_without_the_setting_no_backup_is_expected(client):
    assert not is_named(client)
    assert front_page(client) == []


def test_a_missing_backup_is_an_alarm(client, backup):
    assert not is_named(client)
    backup.delete()
    assert is_named(client)
    assert front_page(client) == ["! There is no backup yet: tell the person who runs the site"]


def test_an_old_backup_is_an_alarm(client, backup):
    Backup.objects.update(made_at=F("made_at") - 26 * HOUR - MINUTE)
    assert is_named(client)
    [words] = front_page(client)
    assert words.startswith("! The last backup was made on ") and "too long ago" in words


def test_erasures_that_are_not_copied_are_an_alarm(client, backup):
    Backup.objects.update(copied_at=F("copied_at") - 16 * MINUTE)
    assert is_named(client)
    [words] = front_page(client)
    assert "something about the backups does not work" in words
    Backup.objects.update(copied_at=F("copied_at") + 2 * MINUTE)
    assert not is_named(client)


def test_a_backup_that_nobody_restored_for_a_week_is_an_alarm(client, backup):
    Backup.objects.update(checked_at=F("checked_at") - 8 * 24 * HOUR - MINUTE)
    assert is_named(client)
    Backup.objects.update(checked_at=None)
    assert is_named(client)


def test_the_front_page_says_when_the_last_backup_was(client, backup):
    [found] = front_page(client)
    assert found.startswith("The last backup was made on ") and "!" not in found


def test_staff_without_accounts_to_look_after_read_nothing_about_backups(client, backup):
    page = Document(sign_in(client, make_staff("view_pledge")).get("/admin/"))
    assert page.all("p", **{"class": "backup"}) == []
