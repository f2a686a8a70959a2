"""The keyed digests of a person: of mailbox, mail domain and name.

Each digest is stored twice, by the first and by the last key of DIGEST_KEYS; outside a rotation these are the same key. During a
rotation processes run with the keys [old], [new, old] or [new]. Any two of them share a column, so the unique constraints hold
throughout.
"""

from django.db import models
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.crypto import keys

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

# The fields that `Pledge.set_person` sets.
PERSON_FIELDS = ["name_cipher", "address_cipher", *DIGEST_FIELDS, "wall", "wall_at"]


def digest_mark(rules):
    """12 characters that identify what digests depend on: the ids of the digest keys (4) and the provider rules (8).

    Where name and address are erased and the keys of the digests were replaced, the mark is "" instead.
    """
    return keys.digest_key_ids() + rules.mark


def address_digests(address, rules):
    """{column: digest} of a mailbox by the present keys and these provider rules, and the `digest_mark` of both."""
    by_key = keys.digests("address", addresses.normalise(address, rules))
    return {
        "address_digest": by_key[0],
        "address_digest_last": by_key[-1],
        "digest_mark": digest_mark(rules),
    }


def person_digests(name, address, rules):
    """{column: digest} of a person: those of `address_digests`, of mailbox and name together, and of the mail domain."""
    mailbox = addresses.normalise(address, rules)
    by_key = keys.digests("name", mailbox, addresses.normalise_name(name))
    _local, domain = addresses.split_address(address)
    return {
        **address_digests(address, rules),
        "name_digest": by_key[0],
        "name_digest_last": by_key[-1],
        "domain_digest": keys.digests("domain", domain)[0],
    }


def text_digests(address, purpose, text, rules):
    """{column: digest} of a message to the team: those of another one that this mailbox wrote for the same purpose are equal."""
    by_key = keys.digests("text", addresses.normalise(address, rules), purpose, text)
    return {"text_digest": by_key[0], "text_digest_last": by_key[-1]}


class Restrictable(models.Model):
    """Abstract base of models whose rows can be restricted.

    While `restricted_at` is set, no message about the row is created (a trigger in migrations/sql/requests.sql) or sent, its name
    is not shown, no export has it, and no period erases it. It goes on counting: the count tells of no person.
    """

    restricted_at = models.DateTimeField(_("restricted since"), null=True, editable=False)

    class Meta:
        abstract = True
