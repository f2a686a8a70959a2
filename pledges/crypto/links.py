"""Signed links, each valid for one purpose, and signed addresses for replies. Supporters use links instead of an account.

This module imports no model.
"""

import base64
import binascii
import time
import uuid
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac

# Short, because the manage page makes a new link for each visit.
DATA_LINK_MAX_AGE_SECONDS = 3600
# An older link shows no personal data. It withdraws the pledge or sends a fresh link to the address on record.
MAX_AGE_SECONDS = 24 * 3600
# Of 25 bytes base32 makes 40 characters without padding, which mail programs may write in any case.
REPLY_SIGNATURE_BYTES = 9


class Purpose(StrEnum):
    """The purpose of a link, and the name of its URL pattern. A link for one purpose does not work for another."""

    CONFIRM = "confirm"
    BLOCK = "block"
    CORRECT_NAME = "correct_name"
    NEW_ADDRESS = "new_address"
    BLOCK_NEW_ADDRESS = "block_new_address"
    STOP_NEW_ADDRESS = "stop_new_address"
    SHARE = "share"
    COMMIT = "commit"
    ANSWER = "answer"
    END_EMAILS = "end_emails"
    CERTIFICATE = "certificate"
    KEEP = "keep"
    MANAGE = "manage"
    WITHDRAW = "withdraw"
    DATA = "data"
    GROUP_CONFIRM = "group_confirm"
    GROUP_BLOCK = "group_block"
    GROUP_MANAGE = "group_manage"
    JOINING_CONFIRM = "joining_confirm"
    JOINING_BLOCK = "joining_block"
    ORGANISATION = "organisation"
    VOICE = "voice"
    FURTHER = "further"


# They work while a new address waits.
NEW_ADDRESS_PURPOSES = (Purpose.NEW_ADDRESS, Purpose.BLOCK_NEW_ADDRESS, Purpose.STOP_NEW_ADDRESS)
# Pages that show no personal data. Their links end with the state of the pledge or of the new address.
# Those of groups, organisations and voices show the numbers, the entry or the voice, never the address of the adult. That of an
# enquiry shows an empty form. The page of
# answers shows what someone chose among public commitments, for as long as a question can be answered.
AGELESS_PURPOSES = (
    Purpose.CONFIRM,
    Purpose.BLOCK,
    Purpose.CORRECT_NAME,
    Purpose.KEEP,
    Purpose.ANSWER,
    Purpose.END_EMAILS,
    Purpose.GROUP_CONFIRM,
    Purpose.GROUP_BLOCK,
    Purpose.GROUP_MANAGE,
    Purpose.JOINING_CONFIRM,
    Purpose.JOINING_BLOCK,
    Purpose.ORGANISATION,
    Purpose.VOICE,
    Purpose.FURTHER,
    *NEW_ADDRESS_PURPOSES,
)


# The namespace of the URL pattern of a purpose that an app above answers.
NAMESPACES = {Purpose.ORGANISATION: "campaign", Purpose.VOICE: "campaign"}


class _Signer(signing.TimestampSigner):
    """A TimestampSigner that may sign with an earlier time."""

    def __init__(self, purpose, issued_at=None):
        super().__init__(salt=f"pledges.{purpose}")
        self.issued_at = issued_at

    def timestamp(self):
        return super().timestamp() if self.issued_at is None else signing.b62_encode(self.issued_at)


@dataclass(frozen=True)
class Link:
    """The content of a token; `row_id` is the id of its row: a pledge, or a row with a contact. `issued_at` is a Unix time."""

    row_id: uuid.UUID
    binding: str
    issued_at: int
    is_aged: bool


def binding(purpose, row):
    """The value of the row that a token contains. A change of this value revokes the token."""
    if purpose in (Purpose.NEW_ADDRESS, Purpose.BLOCK_NEW_ADDRESS) and row.new_address_at:
        # Not the ciphertext: rotating keys changes it. The link to the old address stops whichever change waits.
        return f"{row.link_version}.{row.new_address_at:%y%m%d%H%M%S%f}"
    return str(row.link_version)


def token(purpose, row, issued_at=None):
    """A token such as `kM3…Q.1:1vN2aB:sig…` for this purpose and row. It contains no personal data.

    `issued_at` is that of the link that led to the page with this one, so that opening a page does not renew a link.
    """
    encoded_id = base64.urlsafe_b64encode(row.pk.bytes).rstrip(b"=").decode()
    return _Signer(purpose, issued_at).sign(f"{encoded_id}.{binding(purpose, row)}")


def read(purpose, text):
    """The Link in a token. The caller compares its binding with the row's.

    Raises signing.BadSignature for a token that `token` did not make for this purpose.
    """
    signer = _Signer(purpose)
    value = signer.unsign(text)
    issued_at = signing.b62_decode(text.rsplit(signer.sep, 2)[1])
    encoded_id, _, bound = value.partition(".")
    max_age = DATA_LINK_MAX_AGE_SECONDS if purpose == Purpose.DATA else MAX_AGE_SECONDS
    return Link(
        row_id=uuid.UUID(bytes=base64.urlsafe_b64decode(encoded_id + "==")),
        binding=bound,
        issued_at=issued_at,
        is_aged=purpose not in AGELESS_PURPOSES and time.time() > issued_at + max_age,
    )


def path(purpose, row, language=None, issued_at=None):
    """The path of a personal page, in `language` or the row's own. `issued_at` as in `token`."""
    with translation.override(language or row.language):
        return reverse(f"{NAMESPACES.get(purpose, 'pledges')}:{purpose}", args=[token(purpose, row, issued_at)])


def url(purpose, row):
    """The absolute URL of a personal page, for messages."""
    return settings.SITE_URL + path(purpose, row)


def _reply_signature(row_id, secret):
    return salted_hmac("pledges.reply", row_id.bytes, secret=secret, algorithm="sha256").digest()[
        :REPLY_SIGNATURE_BYTES
    ]


def reply_address(row):
    """The address for replies about this row, or "" where no provider brings them in."""
    local, at, domain = settings.ANYMAIL.get("INBOUND_ADDRESS", "").partition("@")
    token = base64.b32encode(row.pk.bytes + _reply_signature(row.pk, settings.SECRET_KEY)).decode().lower()
    return f"{local}+{token}@{domain}" if at else ""


def row_id_of_reply(address):
    """The id of the row that an address is for, or None if `reply_address` did not make it."""
    try:
        content = base64.b32decode(address.partition("@")[0].rpartition("+")[2].upper())
        row_id, signature = uuid.UUID(bytes=content[:16]), content[16:]
    except (binascii.Error, ValueError):
        return None
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return (
        row_id
        if any(constant_time_compare(signature, _reply_signature(row_id, secret)) for secret in secrets)
        else None
    )
