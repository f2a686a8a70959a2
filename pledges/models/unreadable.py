"""Ciphertexts that could not be decrypted, for the alarm of `/readyz`."""

from django.db import models
from django.db.models.functions import Now


class Unreadable(models.Model):
    """A ciphertext that no key opened: a key is missing, or its row is damaged. Housekeeping deletes it when it opens."""

    # "table.column.row id", the associated data of the ciphertext.
    place = models.CharField(max_length=80, primary_key=True, editable=False)
    found_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.place

    @classmethod
    def record(cls, place):
        """Record a place, or the CannotDecrypt that names it, unless it is recorded."""
        cls.objects.bulk_create([cls(place=str(place))], ignore_conflicts=True)
