"""Rate limit of public forms and their slow lane, per network and per IPv6 site."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from pledges.crypto import keys
from pledges.network import site_prefix

WINDOW = timedelta(minutes=10)
# One IPv6 site has 65,536 networks (/64). Its limit is that of NETWORKS_PER_SITE networks.
NETWORKS_PER_SITE = 10
# The longest time that a form waits in the slow lane.
SLOW_LANE_LENGTH = timedelta(hours=1)
# Stands for the network of a request whose network is unknown.
UNKNOWN = "unknown"


def limits(network, limit):
    """[(digest, limit)] of a network and, for IPv6, of its site, by each digest key, in ascending order; [] for None (unknown).

    An attempt is counted under every digest, so processes that share one key of a rotation count together.
    """
    if network is None:
        return []
    by_prefix = {network: limit}
    if site := site_prefix(network):
        by_prefix[site] = limit * NETWORKS_PER_SITE
    return sorted(
        (digest, prefix_limit)
        for prefix, prefix_limit in by_prefix.items()
        for digest in keys.digests("attempt", prefix)
    )


class AttemptQuerySet(models.QuerySet):
    """Queries on attempts."""

    def expired(self):
        """Attempts that the limit no longer counts, and those of a clock that was set back since. Housekeeping erases them."""
        return self.filter(Q(created_at__lte=Now() - WINDOW) | Q(created_at__gt=Now() + WINDOW))


class Attempt(models.Model):
    """One submitted form that can cause a message, for one digest of its network; `submit` in sql/submissions.sql counts them.

    The row refers to no person and is erased after ten minutes. New, known and blocked addresses count alike, so the limit does
    not reveal who has pledged.
    """

    network_digest = models.BinaryField(max_length=32, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["network_digest", "created_at"], name="attempt_network")]

    def __str__(self):
        return str(self.pk)


class SlowLaneQuerySet(models.QuerySet):
    """Queries on slow lanes."""

    def expired(self):
        """Lanes in which no form waits, and those of a clock that was set back since. Housekeeping erases them."""
        return self.filter(Q(last_at__lte=Now()) | Q(last_at__gt=Now() + SLOW_LANE_LENGTH))


class SlowLane(models.Model):
    """The slow lane of one digest of a network, while forms wait in it: those sent above the limit without a solved challenge.

    `submit` in sql/submissions.sql gives each form its turn, the next one after the last. The row refers to no person.
    """

    network_digest = models.BinaryField(max_length=32, unique=True, editable=False)
    # The turn of the last form, when it is settled.
    last_at = models.DateTimeField(editable=False)

    objects = SlowLaneQuerySet.as_manager()

    def __str__(self):
        return bytes(self.network_digest).hex()[:8]
