"""Encryption and keyed digests: what makes a stolen database name nobody.

Keys come from the environment (FIELD_KEYS, DIGEST_KEYS), newest first, and are rotated by `manage.py rotate_keys`.
"""

import base64
import hashlib
import hmac
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE_BYTES = 12


class CannotDecrypt(Exception):
    """A ciphertext that no configured key opens, or that was moved from another row or column."""


def decoded(keys):
    """Keys as bytes, from the urlsafe base64 of the settings."""
    return [base64.urlsafe_b64decode(key) for key in keys]


def key_id(key):
    """The one byte (0–255) that names a key in front of its ciphertexts."""
    return hashlib.sha256(b"key id" + key).digest()[0]


def current_field_key_id():
    """The id of the key that encrypts now."""
    return key_id(decoded(settings.FIELD_KEYS)[0])


def check_settings():
    """Raise ImproperlyConfigured when the key lists could not be used safely."""
    for name in ("FIELD_KEYS", "DIGEST_KEYS"):
        ids = [key_id(key) for key in decoded(getattr(settings, name))]
        if len(set(ids)) != len(ids):
            raise ImproperlyConfigured(
                f"{name}: two keys have the same one-byte id (as one pair in 256 has). Make the newest key again."
            )
    if len(settings.DIGEST_KEYS) > 2:
        raise ImproperlyConfigured(
            "DIGEST_KEYS may hold two keys at most: the new one and the one it replaces. Finish the rotation under way with "
            "manage.py rotate_keys, then take the oldest key out."
        )


def encrypt(text, *, place):
    """AES-GCM ciphertext of `text`: one byte of key id, 12 of nonce, the rest sealed.

    `place` is "table.column.row": bound in as associated data, so a ciphertext cannot be moved to another row.
    """
    key = decoded(settings.FIELD_KEYS)[0]
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, text.encode(), place.encode())
    return bytes([key_id(key)]) + nonce + sealed


def decrypt(data, *, place):
    """The text that `encrypt` sealed for this place; CannotDecrypt when no key opens it here."""
    data = bytes(data)
    for opener in _openers(tuple(settings.FIELD_KEYS)).get(data[:1], ()):
        try:
            return opener.decrypt(data[1 : 1 + NONCE_BYTES], data[1 + NONCE_BYTES :], place.encode()).decode()
        except (InvalidTag, ValueError):  # of another place, or cut off
            continue
    raise CannotDecrypt(place)


@cache
def _openers(field_keys):
    """What decrypts, by the byte in front of a ciphertext: made once, since an export decrypts two million texts."""
    openers = {}
    for key in decoded(field_keys):
        openers.setdefault(bytes([key_id(key)]), []).append(AESGCM(key))
    return openers


def digests(purpose, *parts):
    """The keyed digests (32 bytes each) of `parts`, one for each key of DIGEST_KEYS, newest first.

    `purpose` keeps digests of different columns apart: the same text gives unrelated values.
    """
    message = b"\x00".join(part.encode() for part in (purpose, *parts))
    return [hmac.new(key, message, hashlib.sha256).digest() for key in decoded(settings.DIGEST_KEYS)]


def digest_key_ids():
    """Hexadecimal ids of the first and the last digest key, such as "1f1f": which keys a row's digests are by."""
    keys = decoded(settings.DIGEST_KEYS)
    return f"{key_id(keys[0]):02x}{key_id(keys[-1]):02x}"
