"""Signed return addresses: what comes back to one is about the message that it names. This module imports no model.

A token has the id of the message and eight bytes of a keyed digest, in lower-case letters and digits, because mail servers change
the case of addresses. It is bound to the address of the recipient as links are, so a change of address ends it.
"""

import base64
import binascii
import hmac
import re
import uuid

from django.conf import settings
from django.utils.crypto import salted_hmac

DIGEST_BYTES = 8
TOKEN = r"[a-z2-7]{39}"
# The key of the token among the metadata that a provider sends back with its reports.
METADATA = "mail"


def token(message_id, binding):
    """The token of a message, 39 characters."""
    return (
        base64.b32encode(message_id.bytes + _digest(settings.SECRET_KEY, message_id, binding))
        .rstrip(b"=")
        .decode()
        .lower()
    )


def message_id_of(text):
    """The id of the message that a token names, or None if it is malformed. Whether it is genuine tells `is_genuine`."""
    try:
        return uuid.UUID(bytes=_decode(text)[:16])
    except (ValueError, binascii.Error):
        return None


def is_genuine(text, message_id, binding):
    """Whether `token` made this well-formed token for the message and binding, by any of DJANGO_SECRET_KEYS."""
    found = _decode(text)[16:]
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(hmac.compare_digest(found, _digest(secret, message_id, binding)) for secret in secrets)


def expect_return(mail, text):
    """Give a mail its return address with this token, where there is a mailbox for it, and the metadata of providers.

    The sender that people see stays: the header From.
    """
    mail.metadata = {METADATA: text}
    if settings.BOUNCE_ADDRESS:
        local, _at, domain = settings.BOUNCE_ADDRESS.partition("@")
        mail.extra_headers["From"] = mail.from_email
        mail.from_email = f"{local}+{text}@{domain}"


def find_token(text):
    """The token of the first return address in a text, or None."""
    local, _at, domain = (settings.BOUNCE_ADDRESS or "@").partition("@")
    found = re.search(rf"{re.escape(local)}\+({TOKEN})@{re.escape(domain)}", text, re.IGNORECASE)
    return found and found[1].lower()


def _decode(text):
    return base64.b32decode(text.upper() + "=", casefold=False)


def _digest(secret, message_id, binding):
    value = f"{message_id}.{binding}"
    return salted_hmac("pledges.return", value, secret=secret, algorithm="sha256").digest()[:DIGEST_BYTES]
