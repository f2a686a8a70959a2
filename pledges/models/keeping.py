"""How long name and address of a confirmed pledge are kept.

After KEEP_MONTHS their owner is asked once, by mail, whether to keep them. Without an answer within ANSWER_PERIOD both are
erased; the pledge goes on counting, and its keyed digests keep the same person from pledging twice.
"""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Greatest, Now

KEEP_PERIOD = timedelta(days=365) * settings.KEEP_MONTHS / 12
ANSWER_PERIOD = timedelta(days=60)

# What is set when name and address are erased. The check constraint holds it.
ERASED = {
    "name_cipher": None,
    "address_cipher": None,
    "new_address_cipher": None,
    "new_address_at": None,
    "keep_asked_at": None,
    "show_name": False,
    "updates": False,
    "wall": "waiting",
    "wall_at": None,
}

CONSTRAINTS = [
    models.CheckConstraint(
        name="pledge_person_or_erased",
        condition=Q(name_cipher__isnull=False, address_cipher__isnull=False)
        | (Q(confirmed_at__isnull=False, **ERASED) & ~Q(state="pending")),
    ),
]
INDEXES = [
    # Housekeeping looks for them every minute.
    models.Index(
        Greatest("confirmed_at", "kept_at"),
        name="pledge_to_be_asked",
        condition=Q(state="confirmed", keep_asked_at=None, name_cipher__isnull=False),
    ),
    models.Index(fields=["keep_asked_at"], name="pledge_keep_asked", condition=Q(keep_asked_at__isnull=False)),
]


class KeepingQuerySet(models.QuerySet):
    """Queries on how long name and address are kept."""

    def with_person(self):
        """Pledges whose name and address are not erased."""
        return self.filter(name_cipher__isnull=False)

    def due_to_be_asked(self):
        """Confirmed pledges whose owner last agreed to keep name and address KEEP_PERIOD ago and was not asked since."""
        due = self.alias(agreed_at=Greatest("confirmed_at", "kept_at"))
        due = due.filter(state="confirmed", keep_asked_at=None, agreed_at__lte=Now() - KEEP_PERIOD, restricted_at=None)
        # The order of the index.
        return due.with_person().order_by("agreed_at")

    def unanswered(self):
        """Pledges whose owner did not answer in time, and invalidated ones, whose owner is not asked."""
        asked = Q(keep_asked_at__lte=Now() - ANSWER_PERIOD)
        invalidated = Q(state="invalidated", confirmed_at__isnull=False, invalidated_at__lte=Now() - KEEP_PERIOD)
        return self.filter(asked | invalidated, restricted_at=None).with_person()

    def erase_person(self):
        """Erase name and address; the pledge and its digests stay. Returns how many this call changed."""
        return self.with_person().update(**ERASED)


class Keeping(models.Model):
    """Abstract base of Pledge with the times of question and answer."""

    # When its owner was asked, until the answer.
    keep_asked_at = models.DateTimeField(null=True, editable=False)
    # When its owner last answered "keep".
    kept_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    @property
    def is_person_erased(self):
        """Whether name and address are erased."""
        return self.name_cipher is None

    @property
    def keep_until(self):
        """When name and address are erased without an answer."""
        return self.keep_asked_at + ANSWER_PERIOD

    def keep_person(self):
        """Keep name and address for another KEEP_PERIOD; returns whether they are still there."""
        pledge = type(self).objects.filter(pk=self.pk).with_person()
        return bool(pledge.update(kept_at=Now(), keep_asked_at=None))
