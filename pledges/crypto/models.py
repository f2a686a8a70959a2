"""The state of a change of keys, and ciphertexts that no key opens."""

from contextlib import contextmanager
from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from pledges.crypto.keys import CannotDecrypt

# What pages say before `rotate_keys` can tell better.
EXPECTED = timedelta(minutes=30)
LONGER = timedelta(minutes=5)


class Closed(Exception):
    """Nothing is accepted until `opens_at`, about: keys are being changed. If that took longer, it takes some minutes more."""

    def __init__(self, opens_at):
        super().__init__(opens_at)
        self.opens_at = max(opens_at, timezone.now() + LONGER)


class Rotation(models.Model):
    """The one row that exists while keys are being changed: until `manage.py rotate_keys` is done, the site takes no form."""

    # Always true, so that there is one row at most.
    id = models.BooleanField(primary_key=True, default=True, editable=False)
    began_at = models.DateTimeField(db_default=Now(), editable=False)
    # About when the site takes forms again.
    opens_at = models.DateTimeField(db_default=Now() + EXPECTED, editable=False)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(name="rotation_is_one", condition=models.Q(id=True))]

    @classmethod
    def begin(cls):
        """Close the site for forms, unless it is closed."""
        cls.objects.bulk_create([cls()], ignore_conflicts=True)

    @classmethod
    def require_none(cls):
        """Raise Closed while keys are being changed."""
        if rotation := cls.objects.first():
            raise Closed(rotation.opens_at)


class Unreadable(models.Model):
    """A ciphertext that no key opened: a key is missing, or its row is damaged. Housekeeping deletes it when it opens."""

    # "table.column.row id", the associated data of the ciphertext.
    place = models.CharField(max_length=80, primary_key=True, editable=False)
    found_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        default_permissions = ()

    @classmethod
    def record(cls, place):
        """Record a place, or the CannotDecrypt that names it, unless it is recorded."""
        cls.objects.bulk_create([cls(place=str(place))], ignore_conflicts=True)

    @classmethod
    @contextmanager
    def recorded(cls):
        """A block that ends where no key opens a ciphertext, which is recorded."""
        try:
            yield
        except CannotDecrypt as error:
            cls.record(error)
