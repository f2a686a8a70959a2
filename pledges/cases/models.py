"""The person behind a group pledge, organisation, enquiry or request: encrypted name and address, keyed digests, queries."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from pledges import addresses
from pledges.crypto import keys
from pledges.crypto.models import Unreadable
from pledges.mail.models import Message
from pledges.person import Restrictable, address_digests, digest_mark
from pledges.providers.models import ProviderRule

# The columns of the adult, as erased.
ERASED = {
    "name_cipher": None,
    "address_cipher": None,
    "address_digest": None,
    "address_digest_last": None,
    "digest_mark": "",
}
# The condition that the columns hold an adult; for constraints.
HAS_CONTACT = Q(
    name_cipher__isnull=False,
    address_cipher__isnull=False,
    address_digest__isnull=False,
    address_digest__length=32,
    address_digest_last__isnull=False,
    address_digest_last__length=32,
)


class ContactQuerySet(models.QuerySet):
    """Rows by their adult."""

    def with_person(self):
        """Rows whose adult's name and address are not erased."""
        return self.filter(name_cipher__isnull=False)

    def due_to_be_erased(self):
        """Rows whose adult is not needed any more although the row stays: none, unless a subclass says which."""
        return self.none()

    def erase_person(self):
        """Erase name and address of the adults; returns how many rows this call changed."""
        return self.with_person().update(**ERASED)

    def at_address(self, address):
        """The rows whose adult has this address; compares the digests of every key in use."""
        digests = keys.digests("address", addresses.normalise(address, ProviderRule.objects.by_domain()))
        return self.filter(Q(address_digest__in=digests) | Q(address_digest_last__in=digests))

    def of_mailbox(self, row):
        """The rows with the same address as this one."""
        same = Q(address_digest=row.address_digest) | Q(address_digest_last=row.address_digest_last)
        return self.filter(same)

    def linked(self):
        """The rows that a request for links is about: not restricted, and confirmed or still to be confirmed."""
        return self.filter(~Q(state="submitted") | Q(expires_at__gt=Now()), restricted_at=None)

    def with_stale_digests(self):
        """Rows whose digests were computed with other keys or provider rules than the present ones."""
        return self.with_person().exclude(digest_mark=digest_mark(ProviderRule.objects.by_domain()))

    def redigest(self, rules):
        """Recompute stale digests by these provider rules. A row that no key opens is recorded for `/readyz`."""
        for row in self.with_stale_digests().order_by("pk"):
            try:
                digests = address_digests(row.address, rules)
            except keys.CannotDecrypt as error:
                Unreadable.record(error)
                continue
            # Not a row whose adult was erased meanwhile.
            self.model.objects.filter(pk=row.pk).with_person().update(**digests)


class Contact(Restrictable):
    """Abstract base of models with an adult. The columns are null once the adult is erased. Plain text exists only in memory.

    `TABLE` is the first part of the associated data of the ciphertexts, and the field of Message. The digests find the rows of
    one mailbox; see pledges/person.py.
    """

    TABLE = ""

    name_cipher = models.BinaryField(null=True, editable=False)
    address_cipher = models.BinaryField(null=True, editable=False)
    address_digest = models.BinaryField(max_length=32, null=True, editable=False)
    address_digest_last = models.BinaryField(max_length=32, null=True, editable=False)
    digest_mark = models.CharField(max_length=12, blank=True, editable=False)
    link_version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    class Meta:
        abstract = True

    def associated_data(self, column):
        """The associated data that bind a ciphertext to this column and row."""
        return keys.associated_data(self.TABLE, column, self.pk)

    def set_contact(self, name, address, rules):
        """Set ciphertexts and digests of the adult, by these provider rules. Does not save."""
        self.name_cipher = keys.encrypt(name, associated_data=self.associated_data("name"))
        self.address_cipher = keys.encrypt(address, associated_data=self.associated_data("address"))
        for column, digest in address_digests(address, rules).items():
            setattr(self, column, digest)

    @property
    def name(self):
        """The decrypted name of the adult, or None once it is erased. Raises CannotDecrypt."""
        return self.name_cipher and keys.decrypt(self.name_cipher, associated_data=self.associated_data("name"))

    @property
    def address(self):
        """The decrypted e-mail address of the adult, or None once it is erased. Raises CannotDecrypt."""
        return self.address_cipher and keys.decrypt(
            self.address_cipher, associated_data=self.associated_data("address")
        )

    def of_its_adult(self):
        """The rows that its mailbox has confirmed: those whose pages the adult can open."""
        same = type(self).objects.of_mailbox(self).with_person().filter(confirmed_at__isnull=False)
        return list(same.order_by("created_at", "pk")) or [self]

    def pass_on(self, kind, rows):
        """Queue a message of this kind for another of these rows, if one that is about all of them waits for this one.

        The messages of this row end with it.
        """
        others = [row for row in rows if row.pk != self.pk]
        if others and self.messages.queued().filter(kind=kind).exists():
            Message.queue_for(kind, **{self.TABLE: others[-1]})
