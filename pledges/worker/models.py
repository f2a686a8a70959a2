"""The state of the worker: a heartbeat every 30 seconds with what it has probed, and the housekeeping steps that fail."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

# Four missed beats.
LATE_AFTER = timedelta(minutes=2)
# Clocks that differ by more are wrong.
CLOCK_TOLERANCE = timedelta(minutes=1)


class Heartbeat(models.Model):
    """The last heartbeat of any worker, and what it has probed. There is no row until a worker has run."""

    # By the clock of the database.
    beat_at = models.DateTimeField(db_default=Now(), editable=False)
    # Whether the clock of the database has gone on evenly. See `pledges.health.probes`.
    is_clock_steady = models.BooleanField(db_default=True, editable=False)
    # Whether pages say that an email takes longer than usual.
    is_mail_slow = models.BooleanField(db_default=False, editable=False)
    # When the certificate of SITE_URL was last looked at (None: never, or no certificate is needed), and when it ends (None: it
    # could not be read, or browsers refuse it).
    certificate_read_at = models.DateTimeField(null=True, editable=False)
    certificate_ends_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(name="heartbeat_single_row", condition=Q(pk=1))]

    def __str__(self):
        return str(self.beat_at)

    @classmethod
    def beat(cls, **probed):
        """Record that a worker is alive now, and values of other columns."""
        row = cls(pk=1, beat_at=Now(), **probed)
        cls.objects.bulk_create([row], update_conflicts=True, unique_fields=["pk"], update_fields=["beat_at", *probed])

    @classmethod
    def is_ahead(cls):
        """Whether the last heartbeat is in the future: the clock was set back since."""
        return cls.objects.filter(beat_at__gt=Now() + CLOCK_TOLERANCE).exists()


class FailedStep(models.Model):
    """A housekeeping step that failed when a worker last ran it. The row is deleted when the step succeeds."""

    # The dotted path of the function.
    step = models.CharField(max_length=200, primary_key=True, editable=False)
    failed_at = models.DateTimeField(default=timezone.now, editable=False)
    # The class of the error, never its text, which may quote an address.
    error = models.CharField(max_length=80, editable=False)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.step}: {self.error}"

    @classmethod
    def record(cls, step, error):
        """Upsert the failure of a step; `error` is the exception."""
        row = cls(step=step, error=type(error).__name__[:80])
        cls.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["step"], update_fields=["failed_at", "error"]
        )

    @classmethod
    def keep_only(cls, steps):
        """Delete the rows of all other steps: they succeeded, or no longer exist in this release."""
        cls.objects.exclude(step__in=steps).delete()
