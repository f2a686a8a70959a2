"""System checks of the keys: a wrong list is found before the first visitor is."""

from django.conf import settings
from django.core.checks import Error, register

from pledges import keys


@register
def keys_are_told_apart(**kwargs):
    """Two keys of one list must not share their one-byte id, or rotation could not tell their rows apart."""
    errors = []
    for name in ("FIELD_KEYS", "DIGEST_KEYS"):
        ids = [keys.key_id(key) for key in keys.decoded(getattr(settings, name))]
        if len(set(ids)) != len(ids):
            errors.append(
                Error(
                    f"Two keys of {name} have the same one-byte id.",
                    hint="Make the newest key again: one in 256 pairs collides.",
                    id="pledges.E001",
                )
            )
    if len(settings.DIGEST_KEYS) > 2:
        errors.append(
            Error(
                "DIGEST_KEYS may hold two keys at most: the new one and the one it replaces.",
                hint="Finish the rotation under way with manage.py rotate_keys, then take the oldest key out.",
                id="pledges.E002",
            )
        )
    return errors
