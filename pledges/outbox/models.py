"""What the site knows about its backups: the outbox of erasures, and when the last good backup was made."""

from datetime import timedelta

from django.conf import settings
from django.db import connection, models
from django.db.models import Func, Q, Value
from django.db.models.functions import Now

# An entry stays after it was copied, so that a restore of this moment knows that it holds it. Longer than any transaction.
COPIED_LIFE = timedelta(days=3)
# The copying runs every 30 seconds.
COPYING_LIMIT = timedelta(minutes=15)


class OutboxEntryQuerySet(models.QuerySet):
    def expired(self):
        """Entries that are copied and no longer needed here, and all that are older than any backup. Housekeeping erases them."""
        copied = Q(copied_at__lte=Now() - COPIED_LIFE)
        return self.filter(copied | Q(at__lte=Now() - timedelta(days=settings.BACKUP_KEEP_DAYS)))


class OutboxEntry(models.Model):
    """Something that a restore of an older backup must not bring back, written by the triggers of sql/outbox.sql.

    `bin/backup erasures` copies entries beside the backups; `pledges.outbox` repeats them after a restore. Entries hold ids,
    digests and ciphertexts, and the numbers of groups and paper sheets.
    """

    id = models.UUIDField(
        primary_key=True,
        db_default=Func(function="gen_random_uuid", output_field=models.UUIDField()),
        editable=False,
    )
    # The order in which entries are repeated. Entries about one row have ascending numbers, because its lock orders them.
    number = models.BigIntegerField(
        db_default=Func(Value("pledges_outbox_number"), function="nextval", output_field=models.BigIntegerField()),
        editable=False,
    )
    at = models.DateTimeField(db_default=Func(function="clock_timestamp"), editable=False)
    # The key of REPLAYS in pledges/outbox/.
    kind = models.CharField(max_length=20, editable=False)
    # One JSON value per changed row.
    rows = models.JSONField(editable=False)
    copied_at = models.DateTimeField(null=True, editable=False)

    objects = OutboxEntryQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["number"], name="outbox_not_copied", condition=Q(copied_at=None))]

    def __str__(self):
        return f"{self.kind} {self.number}"


class Backup(models.Model):
    """One good backup. `bin/backup` writes the row once the backup was compared, and copied to another place if one is set."""

    # The moment that it restores.
    moment = models.DateTimeField(editable=False)
    finished_at = models.DateTimeField(editable=False)
    seconds = models.PositiveIntegerField(editable=False)
    bytes = models.PositiveBigIntegerField(editable=False)
    # When the outbox was last copied, also when it was empty; set in the last row.
    copied_at = models.DateTimeField(editable=False)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return str(self.moment)

    @classmethod
    def last(cls):
        """The last good backup, or None."""
        return cls.objects.order_by("-pk").first()

    @classmethod
    def is_late(cls):
        """Whether backups are expected (BACKUP_HOURS is set) and one part of them does not work.

        There is no good backup for BACKUP_HOURS, or erasures were not copied for COPYING_LIMIT, or PostgreSQL cannot archive
        its WAL.
        """
        if not settings.BACKUP_HOURS:
            return False
        is_copied = cls.objects.filter(copied_at__gt=Now() - COPYING_LIMIT).exists()
        return cls.is_too_old() or not is_copied or _archiving_fails()

    @classmethod
    def is_too_old(cls):
        """Whether backups are expected and there was no good one for BACKUP_HOURS."""
        if not settings.BACKUP_HOURS:
            return False
        return not cls.objects.filter(finished_at__gt=Now() - timedelta(hours=settings.BACKUP_HOURS)).exists()


def _archiving_fails():
    """Whether the last attempt of PostgreSQL to archive WAL failed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) FROM pg_stat_archiver"
        )
        return cursor.fetchone()[0]
