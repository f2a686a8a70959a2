"""The addresses to which a reply to one of our mails goes, each for one row. This module imports no model."""

import base64
import binascii
import uuid

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

# Of 25 bytes base32 makes 40 characters without padding, which mail programs may write in any case.
SIGNATURE_BYTES = 9


def _signature(row_id, secret):
    return salted_hmac("pledges.reply", row_id.bytes, secret=secret, algorithm="sha256").digest()[:SIGNATURE_BYTES]


def address_of(row):
    """The address for replies about this row, or "" where no provider brings them in."""
    local, at, domain = settings.ANYMAIL.get("INBOUND_ADDRESS", "").partition("@")
    token = base64.b32encode(row.pk.bytes + _signature(row.pk, settings.SECRET_KEY)).decode().lower()
    return f"{local}+{token}@{domain}" if at else ""


def row_id_of(address):
    """The id of the row that an address is for, or None if `address_of` did not make it."""
    try:
        content = base64.b32decode(address.partition("@")[0].rpartition("+")[2].upper())
        row_id, signature = uuid.UUID(bytes=content[:16]), content[16:]
    except (binascii.Error, ValueError):
        return None
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return row_id if any(constant_time_compare(signature, _signature(row_id, secret)) for secret in secrets) else None
