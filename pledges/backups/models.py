"""What the site knows about its backups: the tombstones, and when a backup was last made, checked and added to."""

from datetime import timedelta

from django.conf import settings
from django.db import connection, models
from django.db.models import Func, Q
from django.db.models.functions import Now

# A tombstone stays after it was copied, so that a restore of this moment knows that it holds it. Longer than any transaction.
COPIED_LIFE = timedelta(days=3)
# The copying runs every 30 seconds, the check every week.
COPYING_LIMIT, CHECK_LIMIT = timedelta(minutes=15), timedelta(days=8)


class Tombstone(models.Model):
    """A row that was erased, or columns that have changed, which a restore of an older backup must not bring back.

    The trigger of sql/tombstones.sql writes it, `operations/run erasures` copies it beside the backups, and
    `manage.py finish_restore` applies it after a restore. It holds ids, times, choices, digests and ciphertexts.
    """

    id = models.UUIDField(
        primary_key=True,
        db_default=Func(function="gen_random_uuid", output_field=models.UUIDField()),
        editable=False,
    )
    # Those of one row have ascending times, because its lock orders them.
    at = models.DateTimeField(db_default=Func(function="clock_timestamp"), editable=False)
    # The table, and the primary key of the row as text.
    kind = models.CharField(max_length=40, editable=False)
    row = models.CharField(max_length=36, editable=False)
    # The values after the change; all of them, with the primary key, of a row that was added; null for one that was erased.
    values = models.JSONField(null=True, editable=False)
    copied_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["at"], name="tombstone_not_copied", condition=Q(copied_at=None))]


class Backup(models.Model):
    """When backups last worked, in one row. `operations` writes it."""

    made_at = models.DateTimeField(null=True, editable=False)
    # When the last one was restored into a scratch cluster and compared.
    checked_at = models.DateTimeField(null=True, editable=False)
    # When tombstones were last copied, also when there was none.
    copied_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        default_permissions = ()

    @classmethod
    def last_made(cls):
        return cls.objects.values_list("made_at", flat=True).first()

    @classmethod
    def is_late(cls):
        """Whether backups are expected (BACKUP_HOURS is set) and one part of them does not work.

        None was made for BACKUP_HOURS or checked for CHECK_LIMIT, tombstones were not copied for COPYING_LIMIT, or PostgreSQL
        does not archive its WAL.
        """
        if not settings.BACKUP_HOURS:
            return False
        limits = {"checked_at__gt": Now() - CHECK_LIMIT, "copied_at__gt": Now() - COPYING_LIMIT}
        return cls.is_too_old() or not cls.objects.filter(**limits).exists() or _archiving_fails()

    @classmethod
    def is_too_old(cls):
        """Whether backups are expected and none was made for BACKUP_HOURS."""
        if not settings.BACKUP_HOURS:
            return False
        return not cls.objects.filter(made_at__gt=Now() - timedelta(hours=settings.BACKUP_HOURS)).exists()


def _archiving_fails():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setting = 'off' OR coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) "
            "FROM pg_stat_archiver, pg_settings WHERE name = 'archive_mode'"
        )
        return cursor.fetchone()[0]
