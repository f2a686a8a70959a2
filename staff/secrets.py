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


def _ciphers(purpose):
    """A cipher for each of the keys, newest first. They are derived: FIELD_KEYS themselves are used with AES-GCM."""
    derived = (hmac.digest(base64.urlsafe_b64decode(key), purpose, hashlib.sha256) for key in settings.FIELD_KEYS)
    return [Fernet(base64.urlsafe_b64encode(key)) for key in derived]


def encrypt(text, purpose=SECRETS):
    """Encrypt and authenticate a text for this purpose with the first key; returns the token."""
    return MultiFernet(_ciphers(purpose)).encrypt(text.encode()).decode()


def decrypt(token, purpose=SECRETS):
    """The text of a token made for this purpose with any of the keys. Raises InvalidToken otherwise."""
    return MultiFernet(_ciphers(purpose)).decrypt(token.encode()).decode()


def _uses_newest_key(token):
    try:
        _ciphers(SECRETS)[0].decrypt(token.encode())
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
