"""Signed links, each valid for one purpose. Supporters use them instead of an account. This module imports no model."""

import base64
import uuid
from enum import StrEnum

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import translation

# Short, because the manage page makes a new link for each visit.
DATA_LINK_MAX_AGE_SECONDS = 3600


class Purpose(StrEnum):
    """The purpose of a link, and the name of its URL pattern. A link for one purpose does not work for another."""

    CONFIRM = "confirm"
    BLOCK = "block"
    CORRECT_NAME = "correct_name"
    NEW_ADDRESS = "new_address"
    BLOCK_NEW_ADDRESS = "block_new_address"
    SHARE = "share"
    COMMIT = "commit"
    CERTIFICATE = "certificate"
    KEEP = "keep"
    MANAGE = "manage"
    WITHDRAW = "withdraw"
    DATA = "data"


NEW_ADDRESS_PURPOSES = (Purpose.NEW_ADDRESS, Purpose.BLOCK_NEW_ADDRESS)


def _signer(purpose):
    return signing.TimestampSigner(salt=f"pledges.{purpose}")


def binding(purpose, pledge):
    """The value of the pledge that a token contains. A change of this value revokes the token."""
    if purpose in (Purpose.CONFIRM, Purpose.BLOCK, Purpose.CORRECT_NAME):
        return ""
    if purpose in NEW_ADDRESS_PURPOSES:
        # Not the ciphertext: rotating keys changes it.
        return f"{pledge.new_address_at:%y%m%d%H%M%S%f}" if pledge.new_address_at else ""
    return str(pledge.link_version)


def token(purpose, pledge):
    """A token such as `kM3…Q.1:1vN2aB:sig…` for this purpose and pledge. It contains no personal data."""
    encoded_id = base64.urlsafe_b64encode(pledge.pk.bytes).rstrip(b"=").decode()
    return _signer(purpose).sign(f"{encoded_id}.{binding(purpose, pledge)}")


def read(purpose, text):
    """The (pledge id, binding) in a token, or None if it has expired. The caller compares the binding with the pledge's.

    Raises signing.BadSignature for a token that `token` did not make for this purpose.
    """
    max_age = DATA_LINK_MAX_AGE_SECONDS if purpose == Purpose.DATA else None
    try:
        value = _signer(purpose).unsign(text, max_age=max_age)
    except signing.SignatureExpired:
        return None
    encoded_id, _, bound = value.partition(".")
    return uuid.UUID(bytes=base64.urlsafe_b64decode(encoded_id + "==")), bound


def path(purpose, pledge, language=None):
    """The path of a personal page, in `language` or the pledge's own."""
    with translation.override(language or pledge.language):
        return reverse(f"pledges:{purpose}", args=[token(purpose, pledge)])


def url(purpose, pledge):
    """The absolute URL of a personal page, for messages."""
    return settings.SITE_URL + path(purpose, pledge)
