"""What the messages of a mailing do not tell any more."""

from django.db import models


class MailingCount(models.Model):
    """`n` messages of a mailing that are erased, or people who ended the news through one. Rows are only added.

    A trigger (migrations/sql/mailings.sql) counts erased messages. It names no person. A counter in the mailing itself would make
    withdrawals wait for the sender.
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
