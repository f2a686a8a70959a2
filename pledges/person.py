"""The keyed digests of a person: of mailbox, mail domain and name. Each is stored by the first key and looked up by all."""

from django.db import models
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.crypto import keys

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


class Restrictable(models.Model):
    """Abstract base of models whose rows can be restricted.

    While `restricted_at` is set, no message about the row is created (a trigger in migrations/sql/requests.sql) or sent, its name
    is not shown, no export has it, and no period erases it. It goes on counting: the count tells of no person.
    """

    restricted_at = models.DateTimeField(_("restricted since"), null=True, editable=False)

    class Meta:
        abstract = True
