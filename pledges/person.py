"""The columns of a person: ciphertexts, and keyed digests of mailbox, mail domain and name.

Each is written by the first key and read or looked up by all.
"""

import re
import uuid

from django.db import models
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.crypto import keys, links

DIGEST_FIELDS = ["address_digest", "name_digest", "domain_digest"]

# For the check constraints on the length of digests.
models.BinaryField.register_lookup(Length)

# The fields that `Pledge.set_person` sets.
PERSON_FIELDS = ["name_cipher", "address_cipher", *DIGEST_FIELDS, "wall", "wall_at"]


def address_digests(address):
    """{column: digest} of a mailbox."""
    return {"address_digest": keys.digest("address", addresses.normalise(address))}


def person_digests(name, address):
    """{column: digest} of a person: those of `address_digests`, of mailbox and name together, and of the mail domain."""
    mailbox = addresses.normalise(address)
    _local, domain = addresses.split_address(address)
    return {
        **address_digests(address),
        "name_digest": keys.digest("name", mailbox, addresses.normalise_name(name)),
        "domain_digest": keys.digest("domain", domain),
    }


class Sealing(models.Model):
    """Abstract base of models with ciphertexts. Each is bound to its column and row, and to `TABLE`, which names the model."""

    TABLE: str

    class Meta:
        abstract = True

    def __str__(self):
        # No personal data: it is written to logs and to the admin's history.
        return str(self.pk)[:8]

    def associated_data(self, column):
        return keys.associated_data(self.TABLE, column, self.pk)

    def set_text(self, name, text):
        """Set the column NAME_cipher to the ciphertext of a text, or to None. The caller sets its digest. Does not save."""
        cipher = None if text is None else keys.encrypt(text, associated_data=self.associated_data(name))
        setattr(self, f"{name}_cipher", cipher)


class Sealed:
    """The plain text of the column NAME_cipher of a Sealing, None where that is empty. Reading it raises CannotDecrypt.

    One with a digest is set with it, by `set_person`.
    """

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, row, owner=None):
        if row is None:
            return self
        cipher = getattr(row, f"{self.name}_cipher")
        return None if cipher is None else keys.decrypt(cipher, associated_data=row.associated_data(self.name))

    def __set__(self, row, text):
        if hasattr(row, f"{self.name}_digest"):
            raise AttributeError("use set_person()")
        row.set_text(self.name, text)


class PersonQuerySet(models.QuerySet):
    def with_person(self):
        """Rows whose name and address are not erased."""
        return self.filter(name_cipher__isnull=False)

    def at_address(self, address):
        """The rows of this address's mailbox; compares the digests of every key in use."""
        digests = keys.digests("address", addresses.normalise(address))
        return self.filter(address_digest__in=digests)

    def find_by_link(self, purpose, link):
        """The row of a `links.Link`, or None if it is erased or the link revoked or ended."""
        row = self.filter(pk=link.row_id).first()
        return row if row and link.binding == links.binding(purpose, row) else None

    def beginning_with(self, number):
        """Rows whose id begins with this number, of which lists show eight digits. None for fewer than four digits."""
        digits = number.strip().replace("-", "")
        if not re.fullmatch("[0-9A-Fa-f]{4,32}", digits):
            return self.none()
        return self.filter(pk__range=[uuid.UUID(digits.ljust(32, end)) for end in "0f"])


class Restrictable(models.Model):
    """Abstract base of models whose rows can be restricted.

    While `restricted_at` is set, no message about the row is queued (`Message.queue_many`) or sent (`Message.compose`), its name
    is not shown, no export has it, and no period erases it. It goes on counting: the count tells of no person.
    """

    restricted_at = models.DateTimeField(_("restricted since"), null=True, editable=False)

    class Meta:
        abstract = True
