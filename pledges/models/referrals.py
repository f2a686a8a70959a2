"""Referral links: a supporter's own link to the form, and how many people have confirmed a pledge that came by it."""

import logging
import secrets
from collections import Counter

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Length

from pledges.crypto import keys

logger = logging.getLogger(__name__)

# No characters that are easily confused, and about 10¹² codes, so that they cannot be guessed.
CODE_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
CODE_LENGTH = 8
# The first character of the codes of events (models/events.py), which no referral code has. Both have the same length, so that
# a ciphertext does not tell whether someone came by an event or by a supporter's link.
EVENT_MARK = "0"
# A smaller number would tell the inviter which of a few invited people has confirmed.
SHOWN_FROM = 5

# For the check constraint on the length of digests.
models.BinaryField.register_lookup(Length)


def is_referral_code(text):
    """Whether a text can be a referral code; it may belong to no pledge."""
    return len(text) == CODE_LENGTH and set(text) <= set(CODE_LETTERS)


def encrypt_inviter(code, pledge_id):
    """The ciphertext of the inviter's referral code, bound to the pledge with this id."""
    return keys.encrypt(code, associated_data=keys.pledge_associated_data(pledge_id, "inviter"))


def code_digests(code):
    """{column: digest} of a referral code by the present keys."""
    by_key = keys.digests("referral code", code)
    return {"code_digest": by_key[0], "code_digest_last": by_key[-1]}


class ReferralLinkQuerySet(models.QuerySet):
    """Queries and changes of referral links."""

    def of_code(self, code):
        """The link with this code, if any; compares the digests of every key in use."""
        digests = keys.digests("referral code", code)
        return self.filter(Q(code_digest__in=digests) | Q(code_digest_last__in=digests))

    def create_for(self, pledge):
        """Give a pledge a link, unless it has one."""
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        self.bulk_create([ReferralLink(pledge=pledge).set_code(code)], ignore_conflicts=True)

    def count_confirmations(self, code, number):
        """Count this many confirmations for the inviter with this code, if the link still exists.

        It locks no pledge: whether the inviter is confirmed is read.
        """
        pledges = self.model._meta.get_field("pledge").related_model.objects
        is_valid = Exists(pledges.confirmed().filter(pk=OuterRef("pledge")))
        self.of_code(code).filter(is_valid).update(confirmations=F("confirmations") + number)


def codes_of(inviters):
    """[(code, how many pledges came by it)] in the order of the codes, of {pledge id: ciphertext of the code or None}."""
    return sorted(Counter(_decrypted(inviters)).items())


def _decrypted(inviters):
    for pledge_id, cipher in inviters.items():
        if cipher is None:
            continue
        try:
            yield keys.decrypt(cipher, associated_data=keys.pledge_associated_data(pledge_id, "inviter"))
        except keys.CannotDecrypt:
            # It must not keep a supporter from confirming.
            logger.error("the inviter of a pledge cannot be decrypted and is not counted")  # noqa: TRY400


class ReferralLink(models.Model):
    """The link of one pledge. The code is ciphertext, to show the link to its owner, and digests, to find it.

    A table of its own, so that counting locks no pledge: batches lock pledges in id order, and a confirmation that then locked
    its inviter's row could deadlock with them.
    """

    pledge = models.OneToOneField(
        "pledges.Pledge", on_delete=models.CASCADE, primary_key=True, related_name="referral_link", editable=False
    )
    code_cipher = models.BinaryField(editable=False)
    # By the first and by the last key of DIGEST_KEYS, as in Person.
    code_digest = models.BinaryField(max_length=32, unique=True, editable=False)
    code_digest_last = models.BinaryField(max_length=32, unique=True, editable=False)
    # Only rises: after the confirmation nothing links the two pledges, so a withdrawal cannot be subtracted.
    confirmations = models.PositiveIntegerField(default=0, editable=False)

    objects = ReferralLinkQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="referral_link_digest_lengths", condition=Q(code_digest__length=32, code_digest_last__length=32)
            ),
        ]

    def __str__(self):
        return str(self.pk)[:8]

    @property
    def associated_data(self):
        """The associated data that bind the ciphertext of the code to this row."""
        return f"referrallink.code.{self.pk}"

    @property
    def code(self):
        """The decrypted code. Raises CannotDecrypt."""
        return keys.decrypt(self.code_cipher, associated_data=self.associated_data)

    def set_code(self, code):
        """Set ciphertext and digests of the code. Does not save; returns the link."""
        self.code_cipher = keys.encrypt(code, associated_data=self.associated_data)
        for column, digest in code_digests(code).items():
            setattr(self, column, digest)
        return self

    @property
    def shown_confirmations(self):
        """The number of confirmations that the owner may see: None below SHOWN_FROM."""
        return self.confirmations if self.confirmations >= SHOWN_FROM else None
