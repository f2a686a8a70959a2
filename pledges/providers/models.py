"""Blocked addresses."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.crypto import keys
from pledges.person import Sealed, Sealing


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
