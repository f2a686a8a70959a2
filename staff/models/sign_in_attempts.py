"""Tries to sign in: what slows down whoever guesses, and nobody else.

Counted for the account: after five wrong tries the next must wait, longer and longer, up to a quarter of an hour. Tries from a
network in which the account has signed in lately are counted apart from those from elsewhere, so that a stranger's guessing does
not keep the owner out. Counted for the network: after twenty wrong tries, whatever the account, the next must wait up to a
minute; whoever has signed in from there lately need not. A passkey cannot be guessed and never waits.
"""

import math
from datetime import timedelta

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Count, Max, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac

FREE_TRIES = 5
FIRST_WAIT, LONGEST_WAIT = 10, 900  # seconds
FREE_TRIES_OF_A_NETWORK = 20
LONGEST_WAIT_OF_A_NETWORK = 60  # seconds
COUNTED = timedelta(days=1)
AT_HOME = timedelta(days=30)


class TooManyAttempts(Exception):
    """So many tries were wrong that the next has to wait `seconds`."""

    def __init__(self, seconds):
        super().__init__(seconds)
        self.seconds = seconds


def _digest(purpose, text):
    """Neither names nor networks are kept: only digests by a key that is not in the database."""
    return salted_hmac(f"staff.{purpose}", text, secret=settings.DIGEST_KEYS[0], algorithm="sha256").digest()


class SignInAttemptQuerySet(models.QuerySet):
    def past(self):
        """Of no more use: to be erased."""
        return self.filter(Q(was_right=True, at__lte=Now() - AT_HOME) | Q(was_right=False, at__lte=Now() - COUNTED))


class SignInAttempt(models.Model):
    """One try to sign in to one account, from one network; digests of both."""

    account = models.BinaryField(max_length=32, editable=False)
    network = models.BinaryField(max_length=32, editable=False)
    was_right = models.BooleanField(default=False, editable=False)
    at = models.DateTimeField(db_default=Now(), editable=False)

    objects = SignInAttemptQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["account", "at"], name="try_account"),
            models.Index(fields=["network", "at"], name="try_network"),
        ]

    def __str__(self):
        return str(self.pk)

    @classmethod
    def admit(cls, name, network):
        """Count this try as a wrong one until it turns out right (then delete it); TooManyAttempts, uncounted, if it must wait.

        `name` is what the account is signed in by, existing or not; `network` is text or None.
        """
        row = cls(account=_digest("account", name.strip().lower()), network=_digest("network", network or ""))
        with transaction.atomic():
            # One after the other: tries at the same moment count each other.
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(row.account[:8], byteorder="big", signed=True)]
                )
            if (seconds := row._wait(network is not None)) > 0:
                raise TooManyAttempts(math.ceil(seconds))
            row.save()
        return row

    def _wait(self, network_is_known):
        """Seconds until a try like this one is admitted."""
        mine = SignInAttempt.objects.filter(account=self.account, at__gt=Now() - COUNTED)
        home = SignInAttempt.objects.filter(
            account=self.account, network=self.network, was_right=True, at__gt=Now() - AT_HOME
        )
        is_at_home = network_is_known and home.exists()
        if is_at_home:
            mine = mine.filter(network=self.network)
        last_right = mine.filter(was_right=True).aggregate(at=Max("at"))["at"]
        wrong = mine.filter(was_right=False, **({"at__gt": last_right} if last_right else {}))
        wait = _wait_after(wrong, FREE_TRIES, LONGEST_WAIT)
        if network_is_known and not is_at_home:
            of_network = SignInAttempt.objects.filter(
                network=self.network, was_right=False, at__gt=Now() - timedelta(hours=1)
            )
            wait = max(wait, _wait_after(of_network, FREE_TRIES_OF_A_NETWORK, LONGEST_WAIT_OF_A_NETWORK))
        return wait

    @classmethod
    def succeeded(cls, name, network):
        """A sign-in is complete: its account begins to count anew, and is at home in this network."""
        cls.objects.create(
            account=_digest("account", name.strip().lower()), network=_digest("network", network or ""), was_right=True
        )


def _wait_after(wrong, free, longest):
    """Seconds to wait after these wrong tries: twice as long after each, counted from the last."""
    tries = wrong.aggregate(count=Count("pk"), last=Max("at"))
    if tries["count"] < free:
        return 0
    wait = min(longest, FIRST_WAIT * 2 ** min(tries["count"] - free, 10))
    return wait - (timezone.now() - tries["last"]).total_seconds()
