"""A sign of life of the worker: one row, written every half minute."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

# Four beats missed.
LATE_AFTER = timedelta(minutes=2)


class Heartbeat(models.Model):
    """When a worker was last alive. There is no row until a worker has run."""

    beat_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(name="heartbeat_is_one_row", condition=Q(pk=1))]

    def __str__(self):
        return str(self.beat_at)

    @classmethod
    def beat(cls):
        """Record that a worker is alive now."""
        cls.objects.bulk_create([cls(pk=1)], update_conflicts=True, unique_fields=["pk"], update_fields=["beat_at"])

    @classmethod
    def is_late(cls):
        """Whether a worker has run, but none within LATE_AFTER."""
        return cls.objects.filter(beat_at__lt=Now() - LATE_AFTER).exists()
