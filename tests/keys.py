"""Random keys for the settings FIELD_KEYS, DIGEST_KEYS and DJANGO_SECRET_KEYS."""

import base64
import secrets

from pledges.crypto import keys


def new_key(*others):
    """A random key whose id differs from those of the others, as the settings require."""
    taken = {keys.key_id(key) for key in keys.decoded(others)}
    while True:
        key = secrets.token_bytes(32)
        if keys.key_id(key) not in taken:
            return base64.urlsafe_b64encode(key).decode()
