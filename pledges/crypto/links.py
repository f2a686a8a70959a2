"""Signed links, each valid for one purpose, short ones that end the news, and signed addresses for replies.

Supporters use links instead of an account. This module imports no model.
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

from pledges.languages import LANGUAGE_CODES

# Short, because the manage page makes a new link for each visit.
DATA_LINK_MAX_AGE_SECONDS = 3600
# An older link shows no personal data. It withdraws the pledge or sends a fresh link to the address on record.
MAX_AGE_SECONDS = 24 * 3600
# Of 25 bytes base32 makes 40 characters without padding, which mail programs may write in any case.
REPLY_SIGNATURE_BYTES = 9
# Of the token that ends the news: of the id of the pledge, of the number for mailing and language, of the signature.
NEWS_ID_BYTES, NEWS_NUMBER_BYTES, NEWS_SIGNATURE_BYTES = 7, 3, 8


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


# What has no room for the signature of a link: the first bytes of one.


def _signature(use, value, size, secret):
    return salted_hmac(f"pledges.{use}", value, secret=secret, algorithm="sha256").digest()[:size]


def _is_signature(found, use, value, size):
    """Whether this is the signature of a value by any of DJANGO_SECRET_KEYS."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(found, _signature(use, value, size, secret)) for secret in secrets)


def reply_address(row):
    """The address for replies about this row, or "" where no provider brings them in."""
    local, at, domain = settings.ANYMAIL.get("INBOUND_ADDRESS", "").partition("@")
    signature = _signature("reply", row.pk.bytes, REPLY_SIGNATURE_BYTES, settings.SECRET_KEY)
    return f"{local}+{base64.b32encode(row.pk.bytes + signature).decode().lower()}@{domain}" if at else ""


def row_id_of_reply(address):
    """The id of the row that an address is for, or None if `reply_address` did not make it."""
    try:
        content = base64.b32decode(address.partition("@")[0].rpartition("+")[2].upper())
        row_id, signature = uuid.UUID(bytes=content[:16]), content[16:]
    except (binascii.Error, ValueError):
        return None
    return row_id if _is_signature(signature, "reply", row_id.bytes, REPLY_SIGNATURE_BYTES) else None


@dataclass(frozen=True)
class NewsLink:
    """The short address that ends the news of one recipient: the ids of the pledges that it may mean, mailing and language.

    `List-Unsubscribe` must fit in one line: mail servers fold longer ones, and a folded header breaks the signature (DKIM). So
    the token has 24 characters, with only the first bytes of the id of the pledge. The signature covers the version of the links:
    a change of address or a revocation ends it.
    """

    first: uuid.UUID
    last: uuid.UUID
    number: int
    signature: bytes

    @property
    def mailing_id(self):
        return self.number // len(LANGUAGE_CODES)

    @property
    def language(self):
        """The language of the recipient when the message was sent. Read from the token, it tells nothing about the pledge."""
        return LANGUAGE_CODES[self.number % len(LANGUAGE_CODES)]

    def is_of(self, pledge):
        """Whether `news_token` made it for this pledge and its present links."""
        return _is_signature(self.signature, "news", _news_value(pledge, self.number), NEWS_SIGNATURE_BYTES)


def _news_value(pledge, number):
    return f"{pledge.pk}.{pledge.link_version}.{number}"


def news_token(pledge, mailing_id):
    number = mailing_id * len(LANGUAGE_CODES) + LANGUAGE_CODES.index(pledge.language)
    short = pledge.pk.bytes[:NEWS_ID_BYTES] + number.to_bytes(NEWS_NUMBER_BYTES)
    signature = _signature("news", _news_value(pledge, number), NEWS_SIGNATURE_BYTES, settings.SECRET_KEY)
    return base64.urlsafe_b64encode(short + signature).decode()


def read_news(text):
    """The NewsLink in a token, or None if it is malformed. Whether it is genuine tells `NewsLink.is_of`."""
    try:
        data = base64.b64decode(text, altchars="-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    if len(data) != NEWS_ID_BYTES + NEWS_NUMBER_BYTES + NEWS_SIGNATURE_BYTES:
        return None
    start, rest = data[:NEWS_ID_BYTES], 16 - NEWS_ID_BYTES
    return NewsLink(
        first=uuid.UUID(bytes=start + b"\x00" * rest),
        last=uuid.UUID(bytes=start + b"\xff" * rest),
        number=int.from_bytes(data[NEWS_ID_BYTES:-NEWS_SIGNATURE_BYTES]),
        signature=data[-NEWS_SIGNATURE_BYTES:],
    )


def news_url(pledge, mailing_id):
    return settings.SITE_URL + reverse("end_news", args=[news_token(pledge, mailing_id)])
