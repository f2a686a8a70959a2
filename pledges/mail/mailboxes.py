"""Mailboxes that we do not write to: blocked by their owner, or for a while because a message came back.

Both are keyed digests of the mailbox without tag and dots.
"""

import uuid
from datetime import timedelta

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.crypto import keys
from pledges.person import Sealed, Sealing

# How long it gets no bulk mail. Other messages wait for a day: see `MessageGrant`.
BULK_PAUSE = timedelta(days=90)


def mailbox_digests(address):
    """The digests by each key, newest first, of the mailbox of an address without tag and dots; for limits and blocks only."""
    return keys.digests("mailbox", addresses.limiting_address(address))


class BlockedAddressQuerySet(models.QuerySet):
    def add(self, address):
        """Block the mailbox of this address; does nothing if it is blocked already."""
        if self.holds(address):
            # Maybe with a digest of another key.
            return
        blocked = BlockedAddress(mailbox_digest=mailbox_digests(address)[0])
        blocked.address = address
        self.bulk_create([blocked], ignore_conflicts=True)

    def holds(self, address):
        """Whether the mailbox of this address is blocked, at its owner's request."""
        return bool(self.among([address]))

    def among(self, found):
        """Those of these addresses whose mailboxes are blocked, in one statement."""
        digests = {each: set(mailbox_digests(each)) for each in found}
        blocked = self.filter(mailbox_digest__in=set().union(*digests.values())).values_list(
            "mailbox_digest", flat=True
        )
        blocked = set(map(bytes, blocked))
        return {address for address, own in digests.items() if own & blocked}


class BlockedAddress(Sealing):
    """A mailbox that must not get mail any more, at its owner's request, as digests; one of its addresses as ciphertext."""

    TABLE = "blocked"
    address = Sealed()

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, unique=True, editable=False)
    address_cipher = models.BinaryField(editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = BlockedAddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("blocked address")
        verbose_name_plural = _("blocked addresses")

    def __str__(self):
        return str(self.pk)[:8]

    def digests(self):
        """{column: digest} by the first key. Raises CannotDecrypt."""
        return {"mailbox_digest": mailbox_digests(self.address)[0]}


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
