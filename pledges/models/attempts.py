"""Rate limit of public forms, per network and per IPv6 site."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

from pledges.crypto import keys
from pledges.network import site_prefix

WINDOW = timedelta(minutes=10)
# One IPv6 site has 65,536 networks (/64). Its limit is that of NETWORKS_PER_SITE networks.
NETWORKS_PER_SITE = 10


class AttemptQuerySet(models.QuerySet):
    """Queries on attempts."""

    def recent(self):
        """Attempts of the last ten minutes, which the limit counts."""
        return self.filter(created_at__gt=Now() - WINDOW)

    def expired(self):
        """Attempts that the limit no longer counts. Housekeeping erases them."""
        return self.filter(created_at__lte=Now() - WINDOW)


class Attempt(models.Model):
    """One submitted form that can cause a message. The row refers to no person and is erased after ten minutes."""

    network_digest = models.BinaryField(max_length=32, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["network_digest", "created_at"], name="attempt_network")]

    def __str__(self):
        return str(self.pk)

    @classmethod
    def admit(cls, network, limit):
        """Count a form from this network. Returns False, without counting it, if `limit` was reached in the last ten minutes.

        New, known and blocked addresses count alike, so the limit does not reveal who has pledged. None, an unknown network,
        is not limited.
        """
        if network is None:
            return True
        limits = {network: limit}
        if site := site_prefix(network):
            limits[site] = limit * NETWORKS_PER_SITE
        attempts = []
        for prefix, prefix_limit in limits.items():
            digests = keys.digests("attempt", prefix)
            if cls.objects.recent().filter(network_digest__in=digests).count() >= prefix_limit:
                return False
            attempts.append(cls(network_digest=digests[0]))
        cls.objects.bulk_create(attempts)
        return True
