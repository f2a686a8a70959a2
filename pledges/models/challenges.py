"""Challenges that a form has used."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

# For which a used challenge is kept after it expired: the clocks of the site and of the database may differ by so much.
CLOCK_TOLERANCE = timedelta(minutes=10)


class UsedChallengeQuerySet(models.QuerySet):
    """Queries on used challenges."""

    def expired(self):
        """Challenges that no form can use any more. Housekeeping erases them."""
        return self.filter(expires_at__lte=Now() - CLOCK_TOLERANCE)


class UsedChallenge(models.Model):
    """A challenge that let one form in; `submit` in sql/submissions.sql inserts it, and the unique signature lets it in once.

    Nothing is stored for a challenge that was issued only: see pledges/crypto/challenges.py.
    """

    # The signature of the challenge.
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    expires_at = models.DateTimeField(editable=False)
    # The id of the submission: when it is stored again after a lost connection, the challenge counts as its own.
    used_by = models.UUIDField(editable=False)

    objects = UsedChallengeQuerySet.as_manager()

    def __str__(self):
        return bytes(self.digest).hex()[:8]
