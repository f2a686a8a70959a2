"""How long a message that is queued now will take, in a few steps that the pages after a form state."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Count, Min, Q
from django.utils import timezone

from pledges.models import mailers
from pledges.models.message_texts import BULK_KINDS
from pledges.models.messages import Message

# While the mail server fails, it is not known how long.
FAILING_WAIT = timedelta(hours=2)
# Longer than any quota lets a message wait that a page could promise.
UNKNOWN_WAIT = timedelta(days=3)


class MailDelay(models.Model):
    """The single row with the present step. It is part of the published content: pages that state it are rendered anew."""

    class Step(models.TextChoices):
        MINUTES = "minutes"
        HOUR = "hour"
        TODAY = "today"
        TOMORROW = "tomorrow"
        LATER = "later"

    step = models.CharField(max_length=8, choices=Step, default=Step.MINUTES)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(name="mail_delay_single_row", condition=Q(pk=1))]

    def __str__(self):
        return self.step

    @classmethod
    def current(cls):
        """The present step."""
        row = cls.objects.first()
        return row.step if row else cls.Step.MINUTES

    @classmethod
    def measure(cls):
        """Measure the delay and store its step if it has changed; returns the step."""
        step = step_of(expected_wait(), timezone.now())
        if step != cls.current():
            cls.objects.bulk_create(
                [cls(pk=1, step=step)], update_conflicts=True, unique_fields=["pk"], update_fields=["step"]
            )
        return step


def step_of(wait, now):
    """The MailDelay.Step of a wait (a timedelta) that begins at this time."""
    days = (timezone.localdate(now + wait) - timezone.localdate(now)).days
    if wait <= timedelta(minutes=10):
        return MailDelay.Step.MINUTES
    if wait <= timedelta(hours=1):
        return MailDelay.Step.HOUR
    return [MailDelay.Step.TODAY, MailDelay.Step.TOMORROW, MailDelay.Step.LATER][min(days, 2)]


def expected_wait():
    """How long a message that people wait for takes if it is queued now: a timedelta, from what waits and from the limits."""
    messages = Message.objects.of_mailer(mailers.DEFAULT)
    ahead = messages.due().exclude(kind__in=BULK_KINDS).aggregate(n=Count("pk"), since=Min("due_at"))
    now, limits = timezone.now(), settings.MAIL_LIMITS.get(mailers.DEFAULT, {})
    waits = [timedelta(), now - (ahead["since"] or now)]
    if per_minute := limits.get("per_minute"):
        waits.append(timedelta(minutes=ahead["n"] / per_minute))
    if per_day := limits.get("per_day"):
        waits.append(_wait_for_quota(ahead["n"] + 1, per_day, now))
    if messages.mail_is_failing():
        waits.append(FAILING_WAIT)
    return max(waits)


def _wait_for_quota(wanted, per_day, now):
    """How long until the quota of a day has room for so many messages."""
    minutes = list(mailers.MailerMinute.objects.counting(mailers.DEFAULT).order_by("minute").values_list("minute", "n"))
    missing = wanted + sum(n for _minute, n in minutes) - per_day
    for minute, n in minutes:
        if missing <= 0:
            break
        missing -= n
        free_at = minute + mailers.QUOTA_PERIOD + timedelta(minutes=1)
        if missing <= 0:
            return max(free_at - now, timedelta())
    return UNKNOWN_WAIT if missing > 0 else timedelta()
