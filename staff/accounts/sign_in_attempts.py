"""Login throttling, per account and per network.

Per account: after FREE_ACCOUNT_FAILURES failures each further attempt has to wait, twice as long each time and up to
MAX_ACCOUNT_WAIT. Attempts from a network in which the account signed in within KNOWN_NETWORK_WINDOW are counted separately, so
that guessing from elsewhere does not lock the owner out.

Per network, over all accounts: after FREE_NETWORK_FAILURES failures within NETWORK_WINDOW each further attempt has to wait, up to
MAX_NETWORK_WAIT; likewise after FREE_SITE_FAILURES from one IPv6 site (/48), which has 65,536 networks. Accounts that have
signed in from the network before are exempt.

Passkeys cannot be guessed and are never throttled.
"""

import math
from datetime import timedelta

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Count, Max, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac

FREE_ACCOUNT_FAILURES = 5
FREE_NETWORK_FAILURES = 20
FREE_SITE_FAILURES = 100
FIRST_WAIT = 10  # seconds
MAX_ACCOUNT_WAIT = 900  # seconds
MAX_NETWORK_WAIT = 60  # seconds
ACCOUNT_WINDOW = timedelta(days=1)
NETWORK_WINDOW = timedelta(hours=1)
KNOWN_NETWORK_WINDOW = timedelta(days=30)


class TooManyAttempts(Exception):
    """The attempt is throttled; `seconds` is the time to wait."""

    def __init__(self, seconds):
        super().__init__(seconds)
        self.seconds = seconds


def _digest(purpose, text):
    """Keyed digest of a login or a network by the first key, so that the database holds neither in clear text."""
    return salted_hmac(f"staff.{purpose}", text, secret=settings.DIGEST_KEYS[0], algorithm="sha256").digest()


class SignInAttemptQuerySet(models.QuerySet):
    """Queries for login throttling."""

    def expired(self):
        """Attempts outside every window, which can be deleted, and failures of a clock that was set back since."""
        return self.filter(
            Q(succeeded=True, at__lte=Now() - KNOWN_NETWORK_WINDOW)
            | Q(succeeded=False, at__lte=Now() - ACCOUNT_WINDOW)
            | Q(succeeded=False, at__gt=Now() + timedelta(seconds=MAX_NETWORK_WAIT))
        )


class SignInAttempt(models.Model):
    """One attempt to sign in: digests of the account's login, of the network it came from and of its IPv6 site, if any."""

    account = models.BinaryField(max_length=32, editable=False)
    network = models.BinaryField(max_length=32, editable=False)
    site = models.BinaryField(max_length=32, null=True, editable=False)
    succeeded = models.BooleanField(default=False, editable=False)
    at = models.DateTimeField(db_default=Now(), editable=False)

    objects = SignInAttemptQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["account", "at"], name="sign_in_attempt_by_account"),
            models.Index(fields=["network", "at"], name="sign_in_attempt_by_network"),
            models.Index(fields=["site", "at"], name="sign_in_attempt_by_site", condition=Q(site__isnull=False)),
        ]

    def __str__(self):
        return str(self.pk)

    @classmethod
    def admit(cls, login, network, site=None):
        """Record a failed attempt and return it; the caller deletes it when the attempt succeeds.

        `login` is the name typed to sign in, whether such an account exists or not. `network` and its `site`, the /48 of an
        IPv6 network, are text or None. Raises TooManyAttempts, and records nothing, when the attempt is throttled.
        """
        attempt = cls(
            account=_digest("account", login.strip().lower()),
            network=_digest("network", network or ""),
            site=_digest("site", site) if site else None,
        )
        with transaction.atomic():
            # The advisory lock serialises attempts on one account, so that concurrent attempts count each other.
            with connection.cursor() as cursor:
                lock_id = int.from_bytes(attempt.account[:8], byteorder="big", signed=True)
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_id])
            seconds = attempt._seconds_to_wait(network is not None)
            if seconds > 0:
                raise TooManyAttempts(math.ceil(seconds))
            attempt.save()
        return attempt

    @classmethod
    def record_success(cls, login, network):
        """Record a completed sign-in: it resets the account's count and makes the network known to the account."""
        cls.objects.create(
            account=_digest("account", login.strip().lower()), network=_digest("network", network or ""), succeeded=True
        )

    def _seconds_to_wait(self, has_network):
        knows_network = has_network and self._account_knows_network()
        wait = _backoff_seconds(self._account_failures(knows_network), FREE_ACCOUNT_FAILURES, MAX_ACCOUNT_WAIT)
        if has_network and not knows_network:
            network_wait = _backoff_seconds(
                self._recent_failures(network=self.network), FREE_NETWORK_FAILURES, MAX_NETWORK_WAIT
            )
            wait = max(wait, network_wait)
            if self.site:
                site_wait = _backoff_seconds(
                    self._recent_failures(site=self.site), FREE_SITE_FAILURES, MAX_NETWORK_WAIT
                )
                wait = max(wait, site_wait)
        return wait

    def _account_knows_network(self):
        """Whether this account has signed in from this network within KNOWN_NETWORK_WINDOW."""
        return SignInAttempt.objects.filter(
            account=self.account, network=self.network, succeeded=True, at__gt=Now() - KNOWN_NETWORK_WINDOW
        ).exists()

    def _account_failures(self, in_network_only):
        """The account's failures since its last success within ACCOUNT_WINDOW, all of them or those from this network."""
        attempts = SignInAttempt.objects.filter(account=self.account, at__gt=Now() - ACCOUNT_WINDOW)
        if in_network_only:
            attempts = attempts.filter(network=self.network)
        failures = attempts.filter(succeeded=False)
        last_success = attempts.filter(succeeded=True).aggregate(at=Max("at"))["at"]
        return failures.filter(at__gt=last_success) if last_success else failures

    @staticmethod
    def _recent_failures(**origin):
        return SignInAttempt.objects.filter(**origin, succeeded=False, at__gt=Now() - NETWORK_WINDOW)


def _backoff_seconds(failures, free, longest):
    """Seconds until the next attempt: the wait doubles with each failure after the `free` ones and runs from the last one."""
    found = failures.aggregate(count=Count("pk"), last=Max("at"))
    if found["count"] < free:
        return 0
    # The exponent is bounded so that the product stays small.
    wait = min(longest, FIRST_WAIT * 2 ** min(found["count"] - free, 10))
    return wait - (timezone.now() - found["last"]).total_seconds()
