"""What the site says about its backups: /readyz and the front page of the admin."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from pledges.models import Backup
from tests.factories import make_staff, sign_in
from tests.pages import Document
from tests.readiness import failing_checks

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def backup(settings):
    """A good backup of now, expected every 26 hours."""
    settings.BACKUP_HOURS = 26
    archiving("on", -1)
    now = timezone.now()
    return Backup.objects.create(made_at=now, checked_at=now, copied_at=now)


def archiving(mode, failed_after):
    """What PostgreSQL shows of archiving, which takes a restart: views of the session come before those of the catalogue."""
    with connection.cursor() as cursor:
        setting = "CASE name WHEN 'archive_mode' THEN %s ELSE setting END AS setting FROM pg_catalog.pg_settings"
        cursor.execute(f"CREATE OR REPLACE TEMPORARY VIEW pg_settings AS SELECT name, {setting}", [mode])
        times = "now() AS last_archived_time, now() + %s * interval '1 minute' AS last_failed_time"
        cursor.execute(f"CREATE OR REPLACE TEMPORARY VIEW pg_stat_archiver AS SELECT {times}", [failed_after])


def front_page(client):
    page = Document(sign_in(client, make_staff(superuser=True)).get("/admin/", headers={"accept-language": "en"}))
    states = [page.words(item) for item in page.all("dd", node=page.one("section", **{"class": "status"}))]
    return [words for words in states if "backup" in words]


def test_without_the_setting_no_backup_is_expected(client):
    assert failing_checks(client) == []
    assert front_page(client) == []


def test_a_missing_backup_is_an_alarm(client, backup):
    assert failing_checks(client) == []
    backup.delete()
    assert failing_checks(client) == ["backup"]
    assert front_page(client) == ["! There is no backup yet: tell the person who runs the site"]


@pytest.mark.parametrize(
    ("column", "limit"),
    [("made_at", timedelta(hours=26)), ("copied_at", timedelta(minutes=15)), ("checked_at", timedelta(days=8))],
)
def test_a_part_of_the_backups_that_has_not_worked_for_too_long_is_an_alarm(client, backup, column, limit):
    Backup.objects.update(**{column: F(column) - limit - MINUTE})
    assert failing_checks(client) == ["backup"]
    [shown] = front_page(client)
    trouble = "too long ago" if column == "made_at" else "something about the backups does not work"
    assert shown.startswith("! The last backup was made on ") and trouble in shown
    Backup.objects.update(**{column: F(column) + 2 * MINUTE})
    assert failing_checks(client) == []
    [shown] = front_page(client)
    assert shown.startswith("The last backup was made on ") and "tell" not in shown
    Backup.objects.update(**{column: None})
    assert failing_checks(client) == ["backup"]


@pytest.mark.parametrize(("mode", "failed_after", "is_alarm"), [("on", 1, True), ("on", -1, False), ("off", -1, True)])
def test_postgresql_that_does_not_archive_is_an_alarm(client, backup, mode, failed_after, is_alarm):
    archiving(mode, failed_after)
    assert failing_checks(client) == ["backup"] * is_alarm
