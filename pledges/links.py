"""Signed links, each bound to one purpose: what a supporter presses instead of signing in."""

import base64
import uuid
from enum import StrEnum

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import translation

# Seconds. The file with all one's data is fetched from the page that one's own link opens.
DATA_LINK_LIFE = 3600


class Purpose(StrEnum):
    """What a link is for; each is also the name of its address. A link for one purpose works for no other."""

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


OF_THE_NEW_ADDRESS = (Purpose.NEW_ADDRESS, Purpose.BLOCK_NEW_ADDRESS)


def _signer(purpose):
    return signing.TimestampSigner(salt=f"pledges.{purpose}")


def _bound_to(purpose, pledge):
    """What must not have changed since the link was made."""
    if purpose in (Purpose.CONFIRM, Purpose.BLOCK):
        return ""
    if purpose in OF_THE_NEW_ADDRESS:
        # Not the ciphertext: rotating keys changes it.
        return f"{pledge.new_address_at:%y%m%d%H%M%S%f}" if pledge.new_address_at else ""
    return str(pledge.link_version)


def token(purpose, pledge):
    """A token such as `kM3…Q.1:1vN2aB:sig…` for this purpose and pledge; it names nobody."""
    number = base64.urlsafe_b64encode(pledge.pk.bytes).rstrip(b"=").decode()
    return _signer(purpose).sign(f"{number}.{_bound_to(purpose, pledge)}")


def find(purpose, text, lock=False):
    """The pledge a token belongs to, or None when it is gone, or the link was revoked or is too old.

    With `lock` its row is held until the transaction ends. Raises signing.BadSignature for a token that we did not make
    for this purpose.
    """
    from pledges.models import Pledge

    # Refuse a forged one first; only then ask for its age.
    number, _, bound = _signer(purpose).unsign(text).partition(".")
    if purpose == Purpose.DATA:
        try:
            _signer(purpose).unsign(text, max_age=DATA_LINK_LIFE)
        except signing.SignatureExpired:
            return None
    pledges = Pledge.objects.select_for_update() if lock else Pledge.objects.all()
    if purpose in OF_THE_NEW_ADDRESS:
        pledges = pledges.with_new_address()
    pledge = pledges.filter(pk=uuid.UUID(bytes=base64.urlsafe_b64decode(number + "=="))).first()
    if pledge is None or bound != _bound_to(purpose, pledge):
        return None
    return pledge


def path(purpose, pledge, language=None):
    """The address of a personal page on this site, in the pledge's language unless another is given."""
    with translation.override(language or pledge.language):
        return reverse(f"pledges:{purpose}", args=[token(purpose, pledge)])


def url(purpose, pledge):
    """The same with the site's own address, for messages."""
    return settings.SITE_URL + path(purpose, pledge)
