"""Secrets of staff (keys of authenticator apps, seeds of recovery codes), encrypted as long as they lie in the database.

The keys are made of FIELD_KEYS, newest first: what an older one encrypted is read, and `rotate()` brings it to the newest.
"""

import base64
import hashlib
import hmac

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction

SECRETS = ("secret", "seed")


def _keys():
    # Keys of their own: FIELD_KEYS themselves serve another cipher.
    derived = (
        hmac.digest(base64.urlsafe_b64decode(key), b"staff.secrets", hashlib.sha256) for key in settings.FIELD_KEYS
    )
    return [Fernet(base64.urlsafe_b64encode(key)) for key in derived]


def encrypt(text):
    """`text` encrypted by the newest key, as text."""
    return MultiFernet(_keys()).encrypt(text.encode()).decode()


def decrypt(encrypted):
    """What `encrypt` was given."""
    return MultiFernet(_keys()).decrypt(encrypted.encode()).decode()


def _is_current(encrypted):
    try:
        _keys()[0].decrypt(encrypted.encode())
    except InvalidToken:
        return False
    return True


@transaction.atomic
def rotate():
    """Encrypt by the newest key what an older one encrypted; returns how many."""
    done = 0
    for factor in Authenticator.objects.select_for_update().exclude(type=Authenticator.Type.WEBAUTHN):
        stale = {
            name: factor.data[name] for name in SECRETS if name in factor.data and not _is_current(factor.data[name])
        }
        if stale:
            factor.data |= {name: encrypt(decrypt(encrypted)) for name, encrypted in stale.items()}
            factor.save(update_fields=["data"])
            done += 1
    return done
