"""Mailboxes from which a message came back: undeliverable, or reported as spam."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from pledges.crypto import keys
from pledges.providers.models import mailbox_digests

# How long it gets no bulk mail. Other messages wait for a day: see `MessageGrant`.
BULK_PAUSE = timedelta(days=90)


class ReturnedMailboxQuerySet(models.QuerySet):
    def add(self, address):
        """Note that a message to this address came back now."""
        digests = mailbox_digests(address)
        with transaction.atomic():
            self.filter(mailbox_digest__in=digests).delete()
            self.bulk_create([ReturnedMailbox(mailbox_digest=digests[0])], ignore_conflicts=True)

    def holds(self, address):
        """Whether a message to the mailbox of this address came back within BULK_PAUSE."""
        recent = self.filter(returned_at__gt=Now() - BULK_PAUSE)
        return recent.filter(mailbox_digest__in=mailbox_digests(address)).exists()


class ReturnedMailbox(models.Model):
    """A mailbox from which a message came back, as keyed digests. It holds no address and refers to no pledge."""

    mailbox_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, unique=True, editable=False)
    returned_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ReturnedMailboxQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="returned_mailbox_digest_lengths",
                condition=Q(mailbox_digest__length=keys.DIGEST_BYTES),
            ),
        ]
        indexes = [models.Index(fields=["returned_at"], name="returned_mailbox_at")]

    def __str__(self):
        return str(self.pk)
