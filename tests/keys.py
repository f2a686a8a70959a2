"""Keys for the settings FIELD_KEYS, DIGEST_KEYS and DJANGO_SECRET_KEYS; rotating them."""

import base64
import io
from collections import deque

from django.conf import settings
from django.core.management import call_command

from pledges.crypto import keys
from pledges.health import probes
from tests.seed import chance

_chance = chance("keys")
# The ids of the last keys. An id is one byte, so random keys would soon share one.
_last_ids = deque(maxlen=64)


def drawn_keys():
    """Yield random keys, of any id."""
    while True:
        yield base64.urlsafe_b64encode(_chance.randbytes(32)).decode()


def id_of(key):
    """The id of a key as it stands in the settings."""
    return keys.key_id(base64.urlsafe_b64decode(key))


def new_key(*others):
    """A key whose id differs from those of the others, as the settings require, of the site, and of the last new keys."""
    taken = {*_last_ids, *map(id_of, (*others, *settings.FIELD_KEYS, *settings.DIGEST_KEYS))}
    key = next(key for key in drawn_keys() if id_of(key) not in taken)
    _last_ids.append(id_of(key))
    return key


def rotate_keys():
    """Start a process with the keys of the settings, and run the command; returns what it prints."""
    output = io.StringIO()
    probes.check_start()
    call_command("rotate_keys", stdout=output)
    return output.getvalue()
