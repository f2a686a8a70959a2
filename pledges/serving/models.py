"""The version of the published content. Only the functions of migrations/sql/content.sql write these tables."""

from django.db import connection, models

# The database default of marks: the function of migrations/sql/before.sql.
RANDOM_MARK = models.Func(function="random_mark", output_field=models.BigIntegerField())

# The present version, as an expression: the function of migrations/sql/content.sql.
CONTENT_VERSION = models.Func(function="content_version", output_field=models.BigIntegerField())


class ContentChange(models.Model):
    """One statement that changed a table of published content. Its mark is random."""

    mark = models.BigIntegerField(db_default=RANDOM_MARK)

    @classmethod
    def fold(cls):
        """Fold all rows into ContentVersion. Idempotent: the version stays the same."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT fold_content()")


class ContentVersion(models.Model):
    """The XOR of the marks of all folded changes: a single row with id 1, absent before the first fold."""

    mark = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(name="content_version_single_row", condition=models.Q(pk=1))]
