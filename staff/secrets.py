"""Encryption of the secrets of second factors (TOTP keys and the seeds of recovery codes), of what forms carry, and of
what is searched.

The keys are derived from FIELD_KEYS, newest first. All of them decrypt, the first one encrypts, and `rotate()` encrypts the
stored secrets again with it.
"""

import base64
import hashlib
import hmac

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction

# Encrypted entries of Authenticator.data.
SECRET_FIELDS = ("secret", "seed")


# What a key is derived for. A token of one purpose does not decrypt for another.
SECRETS = b"staff.secrets"
SEARCHED = b"staff.searched"


def _cipher(key, purpose=SECRETS):
    # Key separation: FIELD_KEYS themselves are used with AES-GCM.
    derived = hmac.digest(base64.urlsafe_b64decode(key), purpose, hashlib.sha256)
    return Fernet(base64.urlsafe_b64encode(derived))


def _newest_cipher(purpose=SECRETS):
    return _cipher(settings.FIELD_KEYS[0], purpose)


def encrypt(text):
    """Encrypt text with the first key; returns the token as text."""
    return encrypt_bytes(text.encode(), SECRETS)


def decrypt(token):
    """The text of a token made by `encrypt` with any of the keys. Raises InvalidToken otherwise."""
    return decrypt_bytes(token, SECRETS).decode()


def encrypt_bytes(data, purpose):
    """Encrypt and authenticate bytes for this purpose with the first key; returns the token as text."""
    return _newest_cipher(purpose).encrypt(data).decode()


def decrypt_bytes(token, purpose):
    """The bytes of a token made for this purpose with any of the keys. Raises InvalidToken otherwise."""
    ciphers = [_cipher(key, purpose) for key in settings.FIELD_KEYS]
    return MultiFernet(ciphers).decrypt(token.encode())


def _uses_newest_key(token):
    try:
        _newest_cipher().decrypt(token.encode())
    except InvalidToken:
        return False
    return True


@transaction.atomic
def rotate():
    """Encrypt every secret with the first key; returns how many rows changed. Idempotent."""
    changed = 0
    for factor in Authenticator.objects.select_for_update().exclude(type=Authenticator.Type.WEBAUTHN):
        tokens = {name: factor.data[name] for name in SECRET_FIELDS if name in factor.data}
        stale = {name: token for name, token in tokens.items() if not _uses_newest_key(token)}
        if stale:
            factor.data |= {name: encrypt(decrypt(token)) for name, token in stale.items()}
            factor.save(update_fields=["data"])
            changed += 1
    return changed
