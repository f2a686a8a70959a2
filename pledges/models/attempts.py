"""How many forms came from one network lately: what a limit counts, whether or not a form made a row."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

from pledges.crypto import keys
from pledges.network import line

WINDOW = timedelta(minutes=10)
# One customer may have 65,536 IPv6 networks: all of them together send no more than so many may.
NETWORKS_OF_A_LINE = 10


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
        counted = [(network, limit)]
        if whole_line := line(network):
            counted.append((whole_line, limit * NETWORKS_OF_A_LINE))
        digests = [(keys.digests("attempt", place), most) for place, most in counted]
        if any(cls.objects.recent().filter(network_digest__in=by_key).count() >= most for by_key, most in digests):
            return False
        cls.objects.bulk_create(cls(network_digest=by_key[0]) for by_key, _ in digests)
        return True
