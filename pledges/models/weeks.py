"""What happened to pledges in each week, for the public page "Week by week"."""

from django.db import models
from django.db.models import Q


class WeekQuerySet(models.QuerySet):
    """Queries on weeks."""

    def published(self):
        """The weeks that are over and whose numbers are published, the newest first."""
        return self.exclude(published_at=None)


# The numbers of a week.
NUMBERS = ("signed", "confirmed", "expired", "withdrawn", "removed", "restored")


class Week(models.Model):
    """The pledges of one week, Monday to Sunday in Tirana. Exact, and never changed once published; pages show steps of five.

    Exactly one week is open: the next one to be published (pledges/totals/weeks.py).
    """

    begins = models.DateField(primary_key=True)
    published_at = models.DateTimeField(null=True)
    # New pledges of the form, and pledges that were confirmed, in any later state.
    signed = models.PositiveIntegerField(null=True)
    confirmed = models.PositiveIntegerField(null=True)
    # Pledges that were not confirmed in time; pledges that their owners erased or that staff erased at their request.
    expired = models.PositiveIntegerField(null=True)
    withdrawn = models.PositiveIntegerField(null=True)
    # Pledges that staff invalidated or restored, by any batch or by its undoing.
    removed = models.PositiveIntegerField(null=True)
    restored = models.PositiveIntegerField(null=True)

    objects = WeekQuerySet.as_manager()

    class Meta:
        ordering = ["-begins"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="week_begins_on_monday", condition=Q(begins__iso_week_day=1)),
            models.CheckConstraint(
                name="week_published_whole",
                condition=Q(published_at=None, **{f"{name}__isnull": True for name in NUMBERS})
                | Q(published_at__isnull=False, **{f"{name}__isnull": False for name in NUMBERS}),
            ),
            models.UniqueConstraint(
                name="week_one_is_open", fields=["published_at"], condition=Q(published_at=None), nulls_distinct=False
            ),
        ]

    def __str__(self):
        return f"{self.begins}"


class WeekChange(models.Model):
    """What the rows of pledges do not tell: `n` pledges of a week that are erased, removed or restored since.

    Only the triggers of migrations/sql/weeks.sql write it. It names no pledge, and is erased when its week is published.
    """

    class Kind(models.TextChoices):
        # Of an erased pledge, in the week in which it was signed or confirmed.
        SIGNED = "signed"
        CONFIRMED = "confirmed"
        # In the week in which it happened.
        EXPIRED = "expired"
        WITHDRAWN = "withdrawn"
        REMOVED = "removed"
        RESTORED = "restored"

    week = models.DateField()
    kind = models.CharField(max_length=9, choices=Kind)
    n = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["week"], name="week_change")]

    def __str__(self):
        return f"{self.week} {self.kind}"
