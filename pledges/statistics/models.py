"""Numbers that no row tells, and the alarm about mail providers. They hold no personal data."""

from datetime import datetime, time, timedelta

from django.db import connection, models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import pgettext_lazy

# The days that staff see, today included, and how long numbers are kept.
DAYS_SHOWN = 30


def first_day():
    """The first day that is shown."""
    return timezone.localdate() - timedelta(days=DAYS_SHOWN - 1)


def midnight(day):
    """When a day begins in Tirana."""
    return timezone.make_aware(datetime.combine(day, time()))


class StatisticQuerySet(models.QuerySet):
    def expired(self):
        """Numbers that no page shows any more. Housekeeping erases them."""
        return self.filter(at__lt=midnight(first_day()))

    def add(self, numbers):
        """Add {(at, kind, label): n}, in one statement, and in an order that avoids deadlocks."""
        rows = [(*key, n) for key, n in sorted(numbers.items())]
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO pledges_statistic AS target (at, kind, label, n) "
                "SELECT * FROM unnest(%s::timestamptz[], %s::text[], %s::text[], %s::integer[]) "
                "ON CONFLICT (at, kind, label) DO UPDATE SET n = target.n + excluded.n",
                [[row[place] for row in rows] for place in range(4)],
            )


class Statistic(models.Model):
    """How often something happened in an hour, or on a day, that no row tells.

    What a row tells by its times, such as sign-ups and confirmations, is counted from the rows while they exist.
    """

    class Kind(models.TextChoices):
        # By hour: forms that leave no row.
        CHALLENGE = "challenge", pgettext_lazy("forms", "asked for a challenge")
        REFUSAL = "refusal", pgettext_lazy("forms", "refused")
        # By day: what came back and is about no message of ours.
        IGNORED = "ignored"
        # By the day of the sign-up: pledges that were erased because nobody confirmed them, and their messages.
        SIGNED = "signed"
        SENT = "sent"
        CONFIRMED = "confirmed"
        EXPIRED = "expired"
        BOUNCED = "bounced"
        SPAM = "spam"

    pk = models.CompositePrimaryKey("at", "kind", "label")
    # When the hour or the day begins.
    at = models.DateTimeField()
    kind = models.CharField(max_length=9, choices=Kind)
    # The domain of a mail provider, or "" for every other domain; see `addresses.provider_of`.
    label = models.CharField(max_length=253, blank=True)
    n = models.PositiveIntegerField()

    objects = StatisticQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.at:%Y-%m-%dT%H} {self.kind}"


class FallenProvider(models.Model):
    """A mail provider whose people confirm far less than usual: an alarm. The row is deleted when it is over."""

    # As the label of a Statistic; ALL if it concerns all of them.
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
