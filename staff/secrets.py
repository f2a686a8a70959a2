"""Encryption of the secrets of second factors: TOTP keys and the seeds of recovery codes.

The keys are derived from FIELD_KEYS, newest first. Older keys still decrypt; `rotate()` encrypts again with the newest.
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


def _ciphers():
    # Key separation: FIELD_KEYS themselves are used with AES-GCM.
    ciphers = []
    for key in settings.FIELD_KEYS:
        derived = hmac.digest(base64.urlsafe_b64decode(key), b"staff.secrets", hashlib.sha256)
        ciphers.append(Fernet(base64.urlsafe_b64encode(derived)))
    return ciphers


def encrypt(text):
    """Encrypt text with the newest key; returns the token as text."""
    return MultiFernet(_ciphers()).encrypt(text.encode()).decode()


def decrypt(token):
    """The text of a token made by `encrypt` with any of the keys. Raises InvalidToken otherwise."""
    return MultiFernet(_ciphers()).decrypt(token.encode()).decode()


def _uses_newest_key(token):
    try:
        _ciphers()[0].decrypt(token.encode())
    except InvalidToken:
        return False
    return True


@transaction.atomic
def rotate():
    """Encrypt every secret with the newest key; returns how many rows changed. Idempotent."""
    changed = 0
    for factor in Authenticator.objects.select_for_update().exclude(type=Authenticator.Type.WEBAUTHN):
        tokens = {name: factor.data[name] for name in SECRET_FIELDS if name in factor.data}
        stale = {name: token for name, token in tokens.items() if not _uses_newest_key(token)}
        if stale:
            factor.data |= {name: encrypt(decrypt(token)) for name, token in stale.items()}
            factor.save(update_fields=["data"])
            changed += 1
    return changed
