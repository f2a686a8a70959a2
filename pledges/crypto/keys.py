"""Field encryption (AES-GCM) and keyed digests (HMAC-SHA-256): a copy of the database alone identifies no supporter.

Keys come from the environment (FIELD_KEYS, DIGEST_KEYS), newest first, and are rotated by `manage.py rotate_keys`. All of them
read; only registered ones write (registry.py).
"""

import hashlib
import hmac
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Q
from django.db.models.functions import Substr

from pledges.crypto.registry import decoded, key_id, writing_keys

NONCE_BYTES = 12


class CannotDecrypt(Exception):
    """No configured key decrypts the ciphertext, or its associated data belong to another row or column."""


def current_field_key_id():
    """The id of the newest registered key of FIELD_KEYS, which encrypts."""
    return key_id(writing_keys("FIELD_KEYS")[0])


def check_settings():
    """Raise ImproperlyConfigured if two keys of a list have the same id, or if DIGEST_KEYS holds more than two keys."""
    for name in ("FIELD_KEYS", "DIGEST_KEYS"):
        ids = [key_id(key) for key in decoded(getattr(settings, name))]
        if len(set(ids)) != len(ids):
            raise ImproperlyConfigured(
                f"{name}: two keys have the same one-byte id (one pair in 256 does). Generate another newest key."
            )
    if len(settings.DIGEST_KEYS) > 2:
        raise ImproperlyConfigured(
            "DIGEST_KEYS may hold two keys at most: the new one and the one it replaces. Finish the current rotation with "
            "manage.py rotate_keys, then remove the oldest key."
        )


def pledge_associated_data(pledge_id, column):
    """The associated data that bind a ciphertext to this column and row of a pledge."""
    return f"pledge.{column}.{pledge_id}"


def associated_data(table, column, row_id):
    """The associated data that bind a ciphertext to this column and row of a table, such as "group" or "joining"."""
    return f"{table}.{column}.{row_id}"


def encrypt(text, *, associated_data, key=None):
    """Encrypt `text` with AES-GCM: one byte of key id, 12 bytes of nonce, then ciphertext and authentication tag.

    `associated_data` is "table.column.row id", so a ciphertext copied to another row or column does not decrypt. The key is the
    newest registered one unless it is given.
    """
    key = key or writing_keys("FIELD_KEYS")[0]
    nonce = os.urandom(NONCE_BYTES)
    ciphertext = AESGCM(key).encrypt(nonce, text.encode(), associated_data.encode())
    return bytes([key_id(key)]) + nonce + ciphertext


def decrypt(data, *, associated_data):
    """The text that `encrypt` was given with the same associated data. Raises CannotDecrypt."""
    data = bytes(data)
    nonce, ciphertext = data[1 : 1 + NONCE_BYTES], data[1 + NONCE_BYTES :]
    for cipher in _ciphers_by_key_id(tuple(settings.FIELD_KEYS)).get(data[:1], ()):
        try:
            return cipher.decrypt(nonce, ciphertext, associated_data.encode()).decode()
        except (InvalidTag, ValueError):  # ValueError: the data is truncated
            continue
    raise CannotDecrypt(associated_data)


def opens(key, data, *, associated_data):
    """Whether this key decrypts the ciphertext."""
    data = bytes(data)
    try:
        AESGCM(key).decrypt(data[1 : 1 + NONCE_BYTES], data[1 + NONCE_BYTES :], associated_data.encode())
    except (InvalidTag, ValueError):
        return False
    return True


@cache
def _ciphers_by_key_id(field_keys):
    """{key id byte: [AESGCM, ...]}. Cached, because an export decrypts two million values."""
    ciphers = {}
    for key in decoded(field_keys):
        ciphers.setdefault(bytes([key_id(key)]), []).append(AESGCM(key))
    return ciphers


def digests(purpose, *parts, by=None):
    """The keyed digests (32 bytes each) of `parts`, one for each registered key of DIGEST_KEYS, newest first.

    `purpose` provides domain separation: the same text in another column gives an unrelated digest. `by` are other keys.
    """
    message = b"\x00".join(part.encode() for part in (purpose, *parts))
    return [hmac.digest(key, message, hashlib.sha256) for key in by or writing_keys("DIGEST_KEYS")]


def digest_key_ids():
    """Hexadecimal ids of the newest and the oldest registered digest key, such as "1f1f"; equal outside a rotation."""
    keys = writing_keys("DIGEST_KEYS")
    return f"{key_id(keys[0]):02x}{key_id(keys[-1]):02x}"


def has_older_key(column):
    """The condition that the ciphertext in this column exists and was encrypted with another key than the present one."""
    key_id = Substr(column, 1, 1, output_field=models.BinaryField())
    return ~Q(**{column: None}) & ~models.lookups.Exact(key_id, bytes([current_field_key_id()]))
