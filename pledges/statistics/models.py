"""The alarm about mail providers, and when days begin."""

from datetime import datetime, time

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone


def midnight(day):
    """When a day begins in Tirana."""
    return timezone.make_aware(datetime.combine(day, time()))


class FallenProvider(models.Model):
    """A mail provider whose people confirm far less than usual: an alarm. The row is deleted when it is over."""

    # The domain of a mail provider, "" for every other domain (see `addresses.provider_of`), or ALL.
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
