"""Restriction: rows that stay as they are and are not used, at the request of the person they are about (docs/privacy.md)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Restrictable(models.Model):
    """Abstract base of models whose rows can be restricted.

    While `restricted_at` is set, no message about the row is created (a trigger in migrations/sql/requests.sql) or sent, its name
    is not shown, no export has it, and no period erases it. It goes on counting: the count tells of no person.
    """

    restricted_at = models.DateTimeField(_("restricted since"), null=True, editable=False)

    class Meta:
        abstract = True
