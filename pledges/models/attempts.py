"""How many forms came from one network lately: what a limit counts, whether or not a form made a row."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

from pledges import keys

WINDOW = timedelta(minutes=10)


class AttemptQuerySet(models.QuerySet):
    def recent(self):
        """Of the last ten minutes."""
        return self.filter(created_at__gt=Now() - WINDOW)

    def past(self):
        """Counted no more: to be erased."""
        return self.filter(created_at__lte=Now() - WINDOW)


class Attempt(models.Model):
    """One form that could have made us write to someone. It is tied to nobody and gone after ten minutes."""

    network_digest = models.BinaryField(max_length=32, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["network_digest", "created_at"], name="attempt_network")]

    def __str__(self):
        return str(self.pk)

    @classmethod
    def admit(cls, network, limit):
        """Count this form of a network; False, uncounted, when so many have come that the next must wait a little.

        New, known and blocked addresses count alike, so the limit tells nobody who has pledged. A network we do not know
        has no limit.
        """
        if network is None:
            return True
        by_key = keys.digests("attempt", network)
        if cls.objects.recent().filter(network_digest__in=by_key).count() >= limit:
            return False
        cls.objects.create(network_digest=by_key[0])
        return True
