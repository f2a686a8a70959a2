"""The funnel of confirmations: what happened to the sign-ups of a day, by mail provider. It holds no personal data."""

from datetime import timedelta

from django.db import connection, models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import pgettext_lazy

# The days that staff see, and how long counts are kept.
FUNNEL_DAYS = 30


class FunnelKind(models.TextChoices):
    """What is counted, each on the day of the sign-up: pledges, and confirmation messages."""

    SIGNED = "signed"
    SENT = "sent"
    BOUNCED = "bounced"
    SPAM = "spam"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    # On the day it came: what came back and is about no message of ours. Not about a sign-up.
    IGNORED = "ignored"


class FunnelChange(models.Model):
    """Counts of rows that were erased, with the digest of their email domain. Only triggers (sql/funnel.sql) write it.

    Housekeeping folds it into FunnelDay within a minute: a digest of an erased pledge must not stay.
    """

    day = models.DateField()
    domain_digest = models.BinaryField(max_length=32)
    kind = models.CharField(max_length=9, choices=FunnelKind)
    n = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.day} {self.kind}"


class FunnelDayQuerySet(models.QuerySet):
    """Queries on the counts of days."""

    def expired(self):
        """Counts that no page shows any more. Housekeeping erases them."""
        return self.filter(day__lte=timezone.localdate() - timedelta(days=FUNNEL_DAYS))


class FunnelDay(models.Model):
    """Counts of erased rows, by day and mail provider. The rows that exist are counted when the funnel is read."""

    pk = models.CompositePrimaryKey("day", "provider", "kind")
    day = models.DateField()
    # The domain of a provider rule, or "" for every other domain; see `ProviderRule.provider_of`.
    provider = models.CharField(max_length=253, blank=True)
    kind = models.CharField(max_length=9, choices=FunnelKind)
    n = models.PositiveIntegerField()

    objects = FunnelDayQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.day} {self.kind}"

    @classmethod
    def count(cls, rows):
        """Add (day, provider, kind, n) rows, in an order that avoids deadlocks."""
        with connection.cursor() as cursor:
            for row in sorted(rows):
                cursor.execute(
                    "INSERT INTO pledges_funnelday AS target (day, provider, kind, n) VALUES (%s, %s, %s, %s) "
                    "ON CONFLICT (day, provider, kind) DO UPDATE SET n = target.n + excluded.n",
                    row,
                )

    @classmethod
    def count_ignored(cls):
        """Count something that came back and is about no message of ours."""
        cls.count([(timezone.localdate(), "", FunnelKind.IGNORED, 1)])


class FallenProvider(models.Model):
    """A mail provider whose people confirm far less than usual: an alarm. The row is deleted when it is over."""

    # As in FunnelDay; ALL if it concerns all of them.
    provider = models.CharField(max_length=253, primary_key=True)
    since = models.DateTimeField(db_default=Now())
    # Of the last window: messages sent, those confirmed soon, and how many would be usual.
    sent = models.PositiveIntegerField()
    confirmed = models.PositiveIntegerField()
    usual = models.PositiveIntegerField()

    ALL = "*"

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.provider or "other domains"


# A day of the last seven is compared with the seven days before it.
MINUTE_LIFE = timedelta(days=15)


class MinuteQuerySet(models.QuerySet):
    """Queries on the counters of minutes."""

    def expired(self):
        """Counters that no comparison needs any more. Housekeeping erases them."""
        return self.filter(minute__lte=Now() - MINUTE_LIFE)


class Minute(models.Model):
    """How many forms of one kind came in one minute from addresses at one mail provider.

    Sign-ups and confirmations need no counter: their rows have a time. Concurrent forms of one minute go to different slots, so
    that few of them wait for each other.
    """

    class Kind(models.TextChoices):
        CHALLENGE = "challenge", pgettext_lazy("forms", "asked for a challenge")
        REFUSAL = "refusal", pgettext_lazy("forms", "refused")

    pk = models.CompositePrimaryKey("minute", "kind", "provider", "slot")
    minute = models.DateTimeField()
    kind = models.CharField(max_length=9, choices=Kind)
    # The domain of a provider rule, or "" for every other domain; see `ProviderRule.provider_of`.
    provider = models.CharField(max_length=253, blank=True)
    slot = models.PositiveSmallIntegerField()
    n = models.PositiveIntegerField()

    objects = MinuteQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="minute_kind", condition=models.Q(kind__in=["challenge", "refusal"])),
        ]

    def __str__(self):
        return f"{self.minute:%Y-%m-%dT%H:%M} {self.kind}"

    @classmethod
    def count(cls, kind, provider):
        """Count one form of this `Minute.Kind`, in one statement that reads no other row.

        Views call `count()` of pledges/statistics/minutes.py, which finds the provider of an address.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT count_minute(%s, %s)", [kind, provider])
