"""The version of the published content. Only the function of migrations/sql/content.sql writes it."""

from django.db import models


class ContentVersion(models.Model):
    """A random number, drawn anew by each statement that changes published content: a single row with id 1."""

    mark = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(name="content_version_single_row", condition=models.Q(pk=1))]
