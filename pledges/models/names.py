"""Search by number, and by exact name.

Names are ciphertext: eight bits of a keyed digest narrow a search, and its candidates are decrypted.
Equal names have equal bits, and so has one name of 256 among others: the bits tell two names apart, and never identify one.
"""

import re
import time
import uuid
from dataclasses import dataclass

from django.db import models, transaction
from django.db.models import Q

from pledges import addresses
from pledges.crypto import keys

# Candidates that one search decrypts. A million pledges have about 4,000 with the same bits.
MOST_CANDIDATES = 10_000
# Found pledges that one search returns.
MOST_FOUND = 50
FILL_ROWS = 500
FILL_SECONDS = 1

CONSTRAINT = models.CheckConstraint(
    name="pledge_name_bits_of_a_name",
    condition=Q(name_bits=None) | Q(name_bits__gte=0, name_bits__lt=256, name_cipher__isnull=False),
)
INDEXES = [
    models.Index(
        fields=["name_bits", "-created_at", "-id"], name="pledge_name_bits", condition=Q(name_bits__isnull=False)
    ),
    models.Index(
        fields=["id"], name="pledge_name_bits_missing", condition=Q(name_bits=None, name_cipher__isnull=False)
    ),
]


def name_bits(name, by=None):
    """The first byte (0 to 255) of the digest of a normalised name by each registered key, newest first; `by`: by other keys."""
    return [digest[0] for digest in keys.digests("name bits", addresses.normalise_name(name), by=by)]


def _normalised(pledge):
    """The normalised name, or None if no key opens it. That raises no alarm: it would be one statement for each candidate."""
    try:
        return addresses.normalise_name(pledge.name)
    except keys.CannotDecrypt:
        return None


@dataclass(frozen=True)
class Found:
    """The ids of pledges with one name, newest first; `is_complete` is false where there may be more."""

    ids: list
    is_complete: bool


class NameQuerySet(models.QuerySet):
    """Queries on the names of pledges."""

    def beginning_with(self, number):
        """Pledges whose id begins with this number, of which lists show eight digits. None for fewer than four digits."""
        digits = number.replace("-", "").lower()
        if not re.fullmatch("[0-9a-f]{4,32}", digits):
            return self.none()
        return self.filter(pk__range=[uuid.UUID(digits.ljust(32, end)) for end in "0f"])

    def without_name_bits(self):
        """Pledges with a name whose bits the worker has not computed yet."""
        return self.filter(name_bits=None, name_cipher__isnull=False)

    def find_by_name(self, name):
        """Return a Found with the newest pledges of this name. Case, accents, spaces and the order of words make no difference.

        Pledges without bits are candidates too. A name that no key opens is not found.
        """
        wanted = addresses.normalise_name(name)
        found, is_complete = [], True
        for rows in (self.filter(name_bits__in=set(name_bits(name))), self.without_name_bits()):
            candidates = list(rows.order_by("-created_at", "-pk").only("name_cipher", "created_at")[:MOST_CANDIDATES])
            is_complete = is_complete and len(candidates) < MOST_CANDIDATES
            found += [row for row in candidates if _normalised(row) == wanted]
        found.sort(key=lambda row: row.created_at, reverse=True)
        return Found([row.pk for row in found[:MOST_FOUND]], is_complete and len(found) <= MOST_FOUND)

    def fill_name_bits(self):
        """Compute missing bits for FILL_SECONDS; returns of how many pledges. Idempotent.

        It begins at a random id, so that names that no key opens do not hold up the others.
        """
        done, deadline = 0, time.monotonic() + FILL_SECONDS
        for after in (uuid.uuid4(), None):
            while time.monotonic() < deadline:
                rows = self.without_name_bits() if after is None else self.without_name_bits().filter(pk__gt=after)
                with transaction.atomic():
                    batch = list(rows.order_by("pk").select_for_update().only("name_cipher")[:FILL_ROWS])
                    named = [pledge for pledge in batch if pledge.readable_name]
                    for pledge in named:
                        [pledge.name_bits, *_older] = name_bits(pledge.name)
                    done += self.bulk_update(named, ["name_bits"])
                if not batch:
                    break
                after = batch[-1].pk
        return done
