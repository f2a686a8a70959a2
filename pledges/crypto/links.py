"""Signed links, each bound to one purpose. Supporters use them instead of an account. This module imports no model."""

import base64
import uuid
from enum import StrEnum

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import translation

# Seconds. The data file is downloaded from the manage page, which makes a fresh link.
DATA_LINK_LIFE = 3600


class Purpose(StrEnum):
    """What a link is for, and the name of its URL pattern. A link for one purpose does not work for another."""

    CONFIRM = "confirm"
    BLOCK = "block"
    NEW_ADDRESS = "new_address"
    BLOCK_NEW_ADDRESS = "block_new_address"
    SHARE = "share"
    COMMIT = "commit"
    CERTIFICATE = "certificate"
    MANAGE = "manage"
    WITHDRAW = "withdraw"
    DATA = "data"


NEW_ADDRESS_PURPOSES = (Purpose.NEW_ADDRESS, Purpose.BLOCK_NEW_ADDRESS)


def _signer(purpose):
    return signing.TimestampSigner(salt=f"pledges.{purpose}")


def binding(purpose, pledge):
    """The value of the pledge that a token contains. When it changes, the token no longer works."""
    if purpose in (Purpose.CONFIRM, Purpose.BLOCK):
        return ""
    if purpose in NEW_ADDRESS_PURPOSES:
        # Not the ciphertext: rotating keys changes it.
        return f"{pledge.new_address_at:%y%m%d%H%M%S%f}" if pledge.new_address_at else ""
    return str(pledge.link_version)


def token(purpose, pledge):
    """A token such as `kM3…Q.1:1vN2aB:sig…` for this purpose and pledge. It contains no personal data."""
    number = base64.urlsafe_b64encode(pledge.pk.bytes).rstrip(b"=").decode()
    return _signer(purpose).sign(f"{number}.{binding(purpose, pledge)}")


def read(purpose, text):
    """The (pledge id, binding) in a token, or None when it is too old. The caller compares the binding with the pledge's.

    Raises signing.BadSignature for a token that was not made by `token` for this purpose.
    """
    # The signature is checked before the age: a forged token is an error, not an expired one.
    number, _, bound = _signer(purpose).unsign(text).partition(".")
    if purpose == Purpose.DATA:
        try:
            _signer(purpose).unsign(text, max_age=DATA_LINK_LIFE)
        except signing.SignatureExpired:
            return None
    return uuid.UUID(bytes=base64.urlsafe_b64decode(number + "==")), bound


def path(purpose, pledge, language=None):
    """The address of a personal page on this site, in the pledge's language unless another is given."""
    with translation.override(language or pledge.language):
        return reverse(f"pledges:{purpose}", args=[token(purpose, pledge)])


def url(purpose, pledge):
    """The same with the site's own address, for messages."""
    return settings.SITE_URL + path(purpose, pledge)
