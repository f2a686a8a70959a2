"""The supporter behind a pledge: encrypted name and address, keyed digests, duplicates, and the name on the wall."""

from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Length, Now
from django.utils.translation import gettext

from pledges import addresses, wall
from pledges.crypto import keys
from pledges.models.addresses import ProviderRule
from pledges.models.messages import Message
from pledges.models.names import name_bits
from pledges.models.querysets import PENDING_LIFE, digest_mark
from pledges.models.unreadable import Unreadable

DIGEST_FIELDS = [
    "address_digest",
    "address_digest_last",
    "name_digest",
    "name_digest_last",
    "domain_digest",
    "digest_mark",
]
# For the check constraints on the length of digests.
models.BinaryField.register_lookup(Length)

# The fields that `set_person` sets.
PERSON_FIELDS = ["name_cipher", "address_cipher", "name_bits", *DIGEST_FIELDS, "wall", "wall_at"]


def address_digests(address, rules):
    """{column: digest} of a mailbox by the present keys and these provider rules, and the `digest_mark` of both."""
    by_key = keys.digests("address", addresses.normalise(address, rules))
    return {
        "address_digest": by_key[0],
        "address_digest_last": by_key[-1],
        "digest_mark": digest_mark(rules),
    }


def person_digests(name, address, rules):
    """{column: digest} of a person: those of `address_digests`, of mailbox and name together, of the mail domain, and the bits of
    the name."""
    mailbox = addresses.normalise(address, rules)
    by_key = keys.digests("name", mailbox, addresses.normalise_name(name))
    _local, domain = addresses.split_address(address)
    return {
        **address_digests(address, rules),
        "name_digest": by_key[0],
        "name_digest_last": by_key[-1],
        "domain_digest": keys.digests("domain", domain)[0],
        "name_bits": name_bits(name)[0],
    }


def text_digests(address, purpose, text, rules):
    """{column: digest} of a message to the team: those of another one that this mailbox wrote for the same purpose are equal."""
    by_key = keys.digests("text", addresses.normalise(address, rules), purpose, text)
    return {"text_digest": by_key[0], "text_digest_last": by_key[-1]}


class Person(models.Model):
    """Abstract base of Pledge with the methods about its supporter. Pledge declares the fields.

    Each digest is stored twice, by the first and by the last key of DIGEST_KEYS; outside a rotation these are the same key.
    During a rotation processes run with the keys [old], [new, old] or [new]. Any two of them share a column, so the unique
    constraints hold throughout.
    """

    class Meta:
        abstract = True

    # Name and address. Plain text exists only in memory.

    def associated_data(self, column):
        """The associated data that bind a ciphertext to this column and row."""
        return keys.pledge_associated_data(self.pk, column)

    @property
    def name(self):
        """The decrypted name, or None once it is erased. Raises CannotDecrypt."""
        if self.name_cipher is None:
            return None
        return keys.decrypt(self.name_cipher, associated_data=self.associated_data("name"))

    @property
    def address(self):
        """The decrypted e-mail address, as it was typed, or None once it is erased. Raises CannotDecrypt."""
        if self.address_cipher is None:
            return None
        return keys.decrypt(self.address_cipher, associated_data=self.associated_data("address"))

    @property
    def readable_name(self):
        """The name, or None if it is erased or no key opens it, which raises the alarm of `/readyz`."""
        try:
            return self.name
        except keys.CannotDecrypt as error:
            Unreadable.record(error)
            return None

    @property
    def address_of_mailbox(self):
        """The address of this pledge or, if no key opens it, of the other pledge of its mailbox. Raises CannotDecrypt."""
        try:
            return self.address
        except keys.CannotDecrypt as error:
            other = self.others_at_address().with_person().first()
            if other is None:
                raise
            Unreadable.record(error)
            return other.address

    @property
    def new_address(self):
        """The decrypted address that waits for its confirmation, or None. Raises CannotDecrypt."""
        if self.new_address_cipher is None:
            return None
        return keys.decrypt(self.new_address_cipher, associated_data=self.associated_data("new_address"))

    @property
    def new_address_until(self):
        """When an unconfirmed new address is erased."""
        return self.new_address_at + PENDING_LIFE

    def set_person(self, name, address, rules=None):
        """Set ciphertexts and digests of name and address. A changed name needs a new review for the wall. Does not save.

        `rules` are the provider rules, which are read if they are not given.
        """
        if self.name_cipher and name != self.name:
            self.wall, self.wall_at = self.Wall.WAITING, None
        self.name_cipher = keys.encrypt(name, associated_data=self.associated_data("name"))
        self.address_cipher = keys.encrypt(address, associated_data=self.associated_data("address"))
        self.set_digests(name, address, rules)

    def set_digests(self, name, address, rules=None):
        """Compute all digests by the present keys and provider rules. Does not save."""
        rules = ProviderRule.objects.by_domain() if rules is None else rules
        for column, digest in person_digests(name, address, rules).items():
            setattr(self, column, digest)

    def set_new_address(self, address):
        """Set a new address. It replaces the present one once it is confirmed. Does not save."""
        self.new_address_cipher = keys.encrypt(address, associated_data=self.associated_data("new_address"))
        self.new_address_at = Now()

    @property
    def inviter(self):
        """The code of the event whose link led to this pledge, or None. Raises CannotDecrypt."""
        if self.inviter_cipher is None:
            return None
        return keys.decrypt(self.inviter_cipher, associated_data=self.associated_data("inviter"))

    # Uniqueness: an address holds at most two confirmed pledges, and all its pledges have different names.

    def others_at_address(self):
        """A queryset of the other pledges of the same mailbox."""
        same_mailbox = Q(address_digest=self.address_digest) | Q(address_digest_last=self.address_digest_last)
        return type(self).objects.filter(same_mailbox).exclude(pk=self.pk)

    @property
    def has_place(self):
        """Whether it holds a place of its mailbox, or could be confirmed into a free one."""
        return self.others_at_address().holding_place().count() < 2

    def use_new_address(self):
        """Replace the address by the confirmed new one; False if that mailbox holds two confirmed pledges or the same name.

        Every link that was sent before ends. The old address learns that it was changed, unless it never confirmed the pledge:
        it may be a stranger's. If the pledge is still pending (after a correction by staff), its confirmation message is sent
        to the new address.
        """
        name, address, old_address = self.name, self.new_address, self.address
        self.set_person(name, address)
        self.new_address_cipher = self.new_address_at = None
        self.link_version = F("link_version") + 1
        columns = [*PERSON_FIELDS, "slot", "new_address_cipher", "new_address_at", "link_version"]
        for slot in (self.slot, 3 - self.slot):
            self.slot = slot
            try:
                with transaction.atomic():
                    self.save(update_fields=columns)
                    if self.confirmed_at:
                        Message.queue_last(Message.Kind.MOVED, old_address, self.language)
                    if self.state == self.State.PENDING:
                        Message.queue(Message.Kind.CONFIRM, self)
            except IntegrityError:
                continue
            return True
        return False

    # One person: another spelling of a confirmed name.

    def confirmed_namesake(self):
        """The confirmed pledge of the same mailbox with a similar name, or None. It is probably the same person's."""
        others = self.others_at_address().confirmed().with_person()
        named = [(other, other.readable_name) for other in others]
        return next((other for other, name in named if name and addresses.is_similar_name(name, self.name)), None)

    def correct_namesake(self):
        """Give the name of this unconfirmed pledge to its confirmed namesake and erase this one; False if there is none."""
        with transaction.atomic():
            found = self.confirmed_namesake()
            # Locked and read again: it may be withdrawn meanwhile.
            namesake = found and type(self).objects.select_for_update().confirmed().filter(pk=found.pk).first()
            if namesake is None:
                return False
            name = self.name
            # First, because no two pledges of a mailbox have the same name.
            self.delete()
            namesake.set_person(name, namesake.address)
            namesake.save(update_fields=PERSON_FIELDS)
        return True

    # The wall.

    @property
    def name_on_wall(self):
        """The shortened name that the wall shows, such as "Arta K.", or None once the name is erased."""
        return wall.shown_name(self.name) if self.name_cipher is not None else None

    @property
    def wants_name_shown(self):
        """Whether the supporter wants the name shown and the sector allows it."""
        return self.show_name and self.sector.shows_names

    @property
    def wall_status(self):
        """A sentence that tells the supporter whether the name is shown."""
        if not self.wants_name_shown or self.state == self.State.INVALIDATED:
            return gettext("Your name is not shown.")
        match self.wall:
            case self.Wall.SHOWN:
                return gettext("Your name is in the list of supporters as “%(name)s”.") % {"name": self.name_on_wall}
            case self.Wall.REFUSED:
                return gettext(
                    "Our team has decided not to show your name. Your pledge still counts. If you change how it is "
                    "written, we will check it again."
                )
        return gettext("Your name will appear in the list of supporters once our team has checked it.")
