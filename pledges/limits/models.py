"""Rate limit of public forms and their slow lane, per network and per IPv6 site."""

import ipaddress
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from pledges.crypto import keys


def client_address(request):
    """The visitor's IP address as text, or "" if it is unknown.

    X-Forwarded-For is read from the right and only through the proxies of TRUSTED_PROXIES ("unix" is a Unix socket), so a
    visitor cannot forge it.
    """
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    address = request.META.get("REMOTE_ADDR") or "unix"
    while address in settings.TRUSTED_PROXIES and hops:
        address = hops.pop()
    return "" if address == "unix" else address


def network(request):
    """The visitor's network as text: an IPv4 address, or the /64 of an IPv6 address. None if it is unknown."""
    try:
        address = ipaddress.ip_address(client_address(request))
    except ValueError:
        return None
    if address.version == 6 and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))


WINDOW = timedelta(minutes=10)
# One IPv6 site, a /48 (RFC 6177), has 65,536 networks (/64). Its limit is that of NETWORKS_PER_SITE networks.
NETWORKS_PER_SITE = 10
# The longest time that a form waits in the slow lane.
SLOW_LANE_LENGTH = timedelta(hours=1)
# Stands for the network of a request whose network is unknown.
UNKNOWN = "unknown"


def limits(network, limit):
    """[(digest, limit)] of a network and, for IPv6, of its site, in ascending order; [] for None (unknown).

    By the first key alone: after a change of keys the limits begin again.
    """
    if network is None:
        return []
    by_prefix = {network: limit}
    if ":" in network:
        by_prefix[str(ipaddress.ip_network(network).supernet(new_prefix=48))] = limit * NETWORKS_PER_SITE
    return sorted((keys.digest("attempt", prefix), prefix_limit) for prefix, prefix_limit in by_prefix.items())


class Attempt(models.Model):
    """One submitted form that can cause a message, for one digest of its network; `submit` in sql/submissions.sql counts them.

    Replies by email count for their enquiry, tests of mails for the account of staff. The row refers to no person and is erased
    after ten minutes. New, known and blocked addresses count alike, so the limit does not reveal who has pledged.
    """

    network_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [models.Index(fields=["network_digest", "created_at"], name="attempt_network")]


class SlowLane(models.Model):
    """The slow lane of one digest of a network, while forms wait in it: those sent above the limit without a solved challenge.

    `submit` in sql/submissions.sql gives each form its turn, the next one after the last. The row refers to no person.
    """

    network_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, unique=True, editable=False)
    # The turn of the last form, when it is settled.
    last_at = models.DateTimeField(editable=False)


# For which a used challenge is kept after it expired: the clocks of the site and of the database may differ by so much.
CLOCK_TOLERANCE = timedelta(minutes=10)


class UsedChallenge(models.Model):
    """A challenge that let one form in; `submit` in sql/submissions.sql inserts it, and the unique signature lets it in once.

    Nothing is stored for a challenge that was issued only: see pledges/crypto/challenges.py.
    """

    # The signature of the challenge.
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    expires_at = models.DateTimeField(editable=False)
    # The id of the submission: when it is stored again after a lost connection, the challenge counts as its own.
    used_by = models.UUIDField(editable=False)
