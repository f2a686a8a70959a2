"""Field encryption (AES-GCM) and keyed digests (HMAC-SHA-256): a copy of the database alone identifies no supporter.

Keys come from the environment (FIELD_KEYS, DIGEST_KEYS), newest first: the first of a list writes, all of them read. Each stored
value begins with the one-byte id of its key. `manage.py rotate_keys` brings all values to the first keys (pledges/rotation.py).
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

LISTS = ("FIELD_KEYS", "DIGEST_KEYS")
NONCE_BYTES = 12
# The length of a digest: the id of its key and the HMAC.
DIGEST_BYTES = 33


class CannotDecrypt(Exception):
    """No configured key decrypts the ciphertext, or its associated data belong to another row or column."""


def decoded(keys):
    """The bytes of keys that the settings hold in URL-safe base64."""
    return [base64.urlsafe_b64decode(key) for key in keys]


def key_id(key):
    """The byte that identifies a key. It tells nothing about the key."""
    return hashlib.sha256(b"key id" + key).digest()[:1]


@cache
def _by_id(name, keys):
    # Cached, because an export decrypts two million values.
    return {key_id(key): AESGCM(key) if name == "FIELD_KEYS" else key for key in decoded(keys)}


def by_id(name):
    """{id: cipher} of the listed keys of FIELD_KEYS, or {id: key} of those of DIGEST_KEYS, newest first."""
    return _by_id(name, tuple(getattr(settings, name)))


def first_id(name):
    """The id of the key of FIELD_KEYS or DIGEST_KEYS that writes."""
    return next(iter(by_id(name)))


def check_settings():
    """Raise ImproperlyConfigured if two keys of a list have the same id."""
    for name in LISTS:
        if len(by_id(name)) < len(getattr(settings, name)):
            raise ImproperlyConfigured(
                f"{name}: two keys have the same one-byte id (one pair in 256 does). Generate another first key."
            )


def associated_data(table, column, row_id):
    """The associated data that bind a ciphertext to this column and row of a table, such as "group" or "joining"."""
    return f"{table}.{column}.{row_id}"


def encrypt(text, *, associated_data):
    """Encrypt `text` with AES-GCM and the first key: one byte of key id, 12 bytes of nonce, then ciphertext and tag.

    `associated_data` is "table.column.row id", so a ciphertext copied to another row or column does not decrypt.
    """
    key_id, cipher = next(iter(by_id("FIELD_KEYS").items()))
    nonce = os.urandom(NONCE_BYTES)
    return key_id + nonce + cipher.encrypt(nonce, text.encode(), associated_data.encode())


def decrypt(data, *, associated_data):
    """The text that `encrypt` was given with the same associated data. Raises CannotDecrypt."""
    data = bytes(data)
    nonce, ciphertext = data[1 : 1 + NONCE_BYTES], data[1 + NONCE_BYTES :]
    try:
        cipher = by_id("FIELD_KEYS")[data[:1]]
        return cipher.decrypt(nonce, ciphertext, associated_data.encode()).decode()
    except (KeyError, InvalidTag, ValueError):  # ValueError: the data is truncated
        raise CannotDecrypt(associated_data) from None


def _digest(key_id, key, purpose, parts):
    message = b"\x00".join(part.encode() for part in (purpose, *parts))
    return key_id + hmac.digest(key, message, hashlib.sha256)


def digest(purpose, *parts):
    """The keyed digest of `parts` by the first key, which is stored.

    `purpose` provides domain separation: the same text in another column gives an unrelated digest.
    """
    return _digest(*next(iter(by_id("DIGEST_KEYS").items())), purpose, parts)


def digests(purpose, *parts):
    """The keyed digests of `parts` by every listed key, newest first, by which stored ones are looked up."""
    return [_digest(key_id, key, purpose, parts) for key_id, key in by_id("DIGEST_KEYS").items()]
