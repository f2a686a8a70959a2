"""The figures of a mailing: counted from its messages, and from MailingCount where messages are erased."""

from collections import Counter

from django.db import models
from django.db.models import Count, Sum

from pledges.models.messages import Message


class MailingCount(models.Model):
    """`n` erased messages of a mailing with one result, or `n` people who ended the news through it. Rows are only added.

    A trigger (migrations/sql/mailings.sql) counts erased messages. No row names a person. A counter in the mailing itself would
    make withdrawals wait for the sender.
    """

    class Kind(models.TextChoices):
        SENT = "sent"
        RETURNED = "returned"
        SPAM = "spam"
        UNSUBSCRIBED = "unsubscribed"

    mailing = models.ForeignKey("pledges.Mailing", on_delete=models.CASCADE, related_name="counts")
    kind = models.CharField(max_length=12, choices=Kind)
    n = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.mailing_id} {self.kind}"


class Counted(models.Model):
    """Abstract base of Mailing with its figures."""

    class Meta:
        abstract = True

    def figures(self):
        """{"sent", "given_up", "returned", "spam", "unsubscribed", "waiting"}: numbers of messages, and of people it has lost.

        Those that came back are among "sent" or "given_up".

        Those of erased messages are in MailingCount.
        """
        counts = self.counts.values_list("kind").annotate(Sum("n"))
        counted = Counter(dict(counts.order_by()))
        state = Message.State
        found = Counter(dict(self.messages.order_by().values_list("state").annotate(n=Count("*"))))
        return {
            "sent": sum(found[each] for each in (state.SENT, *Message.RETURNED)) + counted["sent"],
            "given_up": found[state.FAILING] + found[state.REFUSED],
            "returned": sum(found[each] for each in Message.UNDELIVERED) + counted["returned"],
            "spam": found[state.SPAM] + counted["spam"],
            "waiting": found[state.QUEUED],
            "unsubscribed": counted["unsubscribed"],
        }

    def has_gone_out(self):
        """Whether at least one person has got it."""
        erased = self.counts.filter(kind=MailingCount.Kind.SENT)
        return self.messages.filter(sent_at__isnull=False).exists() or erased.exists()
