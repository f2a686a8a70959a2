"""The pledges of a batch."""

from django.db import models
from django.db.models import OuterRef


class BatchRowQuerySet(models.QuerySet):
    """Queries on the rows of batches."""

    def changed_later(self):
        """For a subquery: rows of other batches that changed the outer row's pledge after it did, and are not undone."""
        later = self.filter(pledge=OuterRef("pledge"), changed_at__gt=OuterRef("changed_at"), undone_at=None)
        return later.exclude(batch=OuterRef("batch"))


class BatchRow(models.Model):
    """One pledge of a batch. The row stays after the pledge is erased; its id then refers to nothing."""

    pk = models.CompositePrimaryKey("batch_id", "pledge")
    batch = models.ForeignKey("pledges.Batch", on_delete=models.CASCADE, db_index=False, related_name="rows")
    pledge = models.UUIDField(db_index=True)
    # `invalidated_at` of the pledge before the batch, for undoing a restore.
    invalidated_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    objects = BatchRowQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.batch_id} {str(self.pledge)[:8]}"
