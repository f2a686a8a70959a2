"""The version of the published content."""

from django.db import models
from django.db.models.functions import Random


class ContentVersion(models.Model):
    """A random number, drawn by each statement that changes published content (sql/content.sql): a single row with id 1."""

    mark = models.BigIntegerField()
    # Whether pages say that an email takes longer than usual.
    is_mail_slow = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [models.CheckConstraint(name="content_version_single_row", condition=models.Q(pk=1))]

    @classmethod
    def set_mail_slow(cls, is_slow):
        """Let pages say whether an email takes longer than usual."""
        cls.objects.exclude(is_mail_slow=is_slow).update(is_mail_slow=is_slow, mark=Random() * 2**53)
