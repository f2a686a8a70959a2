"""Counters of forms that leave no row, by minute and mail provider: refusals and challenges. They hold no personal data."""

from datetime import timedelta

from django.db import connection, models
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy

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

        Views call `count()` of pledges/totals/minutes.py, which finds the provider of an address.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT count_minute(%s, %s)", [kind, provider])
