"""Referral links: a supporter's own link to the form. Nothing records who signs by it. And the code of an event in a pledge."""

import logging
import secrets
from collections import Counter

from django.db import models

from pledges.crypto import keys
from pledges.person import Sealed, Sealing

logger = logging.getLogger(__name__)

# No characters that are easily confused, and about 10¹² codes, so that they cannot be guessed.
CODE_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
CODE_LENGTH = 8
# The first character of the codes of events (models/events.py), which no referral code has.
EVENT_MARK = "0"


def is_referral_code(text):
    """Whether a text can be a referral code; it may belong to no pledge."""
    return len(text) == CODE_LENGTH and set(text) <= set(CODE_LETTERS)


class ReferralLinkQuerySet(models.QuerySet):
    def create_for(self, pledge):
        """Give a pledge a link, unless it has one."""
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        link = ReferralLink(pledge=pledge)
        link.code = code
        self.bulk_create([link], ignore_conflicts=True)


def codes_of(inviters):
    """[(code, how many pledges came by it)] in the order of the codes, of {pledge id: ciphertext of the code or None}."""
    found = Counter()
    for pledge_id, cipher in inviters.items():
        try:
            if cipher is not None:
                data = keys.associated_data("pledge", "inviter", pledge_id)
                found[keys.decrypt(cipher, associated_data=data)] += 1
        except keys.CannotDecrypt:
            # It must not keep a supporter from confirming.
            logger.error("the event of a pledge cannot be decrypted and is not counted")  # noqa: TRY400
    return sorted(found.items())


class ReferralLink(Sealing):
    """The link of one pledge. The code is ciphertext, to show the link to its owner; nothing looks a code up."""

    TABLE = "referrallink"
    code = Sealed()

    pledge = models.OneToOneField(
        "pledges.Pledge", on_delete=models.CASCADE, primary_key=True, related_name="referral_link", editable=False
    )
    code_cipher = models.BinaryField(editable=False)

    objects = ReferralLinkQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return str(self.pk)[:8]
