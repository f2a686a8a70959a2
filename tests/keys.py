"""Random keys for the settings FIELD_KEYS, DIGEST_KEYS and DJANGO_SECRET_KEYS; registering and rotating them."""

import base64
import io
import secrets

from django.core.management import call_command
from django.test import override_settings

from pledges.crypto import keys, registry
from pledges.crypto.registry import State
from pledges.models import RegisteredKey


def new_key(*others):
    """A random key whose id differs from those of the others, as the settings require."""
    taken = {keys.key_id(key) for key in keys.decoded(others)}
    while True:
        key = secrets.token_bytes(32)
        if keys.key_id(key) not in taken:
            return base64.urlsafe_b64encode(key).decode()


def install(key, *lists):
    """Make this the one registered key of these lists (default: both), as on a site that was installed with it."""
    for name in lists or registry.LISTS:
        RegisteredKey.objects.of(name).drop()
        RegisteredKey.objects.add(name, {keys.decoded([key])[0]: State.CURRENT})


def rotate_keys():
    """Run the command without its wait for other processes; returns what it prints."""
    output = io.StringIO()
    with override_settings(KEYS_VIEW_SECONDS=0):
        call_command("rotate_keys", stdout=output)
    return output.getvalue()
