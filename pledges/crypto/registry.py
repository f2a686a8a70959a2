"""Which of the listed keys may write: those whose fingerprints are rows of the database (pledges/crypto/models.py).

A key that is listed but not registered only reads, so that one process with a key of its own in front can neither encrypt what
no other process opens nor store digests that no other process finds. This module imports no model.
"""

import base64
import hashlib
import hmac
import time
from enum import StrEnum
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

LISTS = ("FIELD_KEYS", "DIGEST_KEYS")


class KeysRefused(ImproperlyConfigured):
    """The listed keys may not write to this database. The text is a sentence that says what to do."""


class State(StrEnum):
    """The place of a registered key in a rotation. Outside a rotation there is one key, the current one.

    The first key with which a process writes is coming or current, and the last one is current or leaving. So the digest pairs
    that may be stored share a column at every moment: until the rotation is finished the last key is the old one, (old, old) or
    (new, old), and afterwards the first key is the new one, (new, old) or (new, new).
    """

    COMING = "coming"
    CURRENT = "current"
    LEAVING = "leaving"


FIRST_STATES = (State.COMING, State.CURRENT)
LAST_STATES = (State.CURRENT, State.LEAVING)


class View:
    """The rows of the registered keys as this process last read them."""

    def __init__(self):
        self.read_at = time.monotonic()
        # {list: {fingerprint: (key id, state)}}
        self.rows = {name: {} for name in LISTS}
        with connection.cursor() as cursor:
            cursor.execute("SELECT list, fingerprint, key_id, state FROM pledges_registeredkey")
            for name, digest, key_id, state in cursor.fetchall():
                self.rows[name][bytes(digest)] = (key_id, State(state))

    @property
    def is_old(self):
        """Whether it is older than a process may trust it."""
        return time.monotonic() - self.read_at > settings.KEYS_VIEW_SECONDS


# The View as last read, or None.
last_view = None


def current_view():
    """The present View, read again after KEYS_VIEW_SECONDS."""
    global last_view
    view = last_view
    if view is None or view.is_old:
        view = last_view = View()
    return view


def forget():
    """Read the registered keys again at the next use."""
    global last_view
    last_view = None


def decoded(keys):
    """The bytes of keys that the settings hold in URL-safe base64."""
    return [base64.urlsafe_b64decode(key) for key in keys]


def key_id(key):
    """The number (0–255) that identifies a key. Each ciphertext starts with the id of its key, as one byte."""
    return hashlib.sha256(b"key id" + key).digest()[0]


def fingerprint(key):
    """32 bytes that identify a key and tell nothing about it: a digest keyed with its own 256 random bits."""
    return hmac.digest(key, b"registered key", hashlib.sha256)


def writing_keys(name):
    """The listed keys of FIELD_KEYS or DIGEST_KEYS that may write, decoded, newest first.

    Raises KeysRefused if they may not. The database is asked at most once in KEYS_VIEW_SECONDS.
    """
    return _writing_keys(name, tuple(getattr(settings, name)), current_view())


# Cached, because each digest and each ciphertext asks. An instance of View is its own key.
@lru_cache(maxsize=16)
def _writing_keys(name, listed, view):
    known = view.rows[name]
    if not known:
        raise KeysRefused(
            f"No key of {name} is registered in this database: run manage.py migrate, which registers those that its rows need."
        )
    usable = [key for key in decoded(listed) if fingerprint(key) in known]
    if not usable:
        raise KeysRefused(
            f"{name} lists no key of this database: put back the key that its data were written with. A new key comes in front "
            "of it, separated by a comma, and manage.py rotate_keys brings it into use."
        )
    first, last = (known[fingerprint(key)][1] for key in (usable[0], usable[-1]))
    if first not in FIRST_STATES:
        raise KeysRefused(f"{name}: another key has replaced the first one: put that newer key in front of it.")
    if last not in LAST_STATES:
        raise KeysRefused(
            f"{name}: the rotation to the new key is not finished: list the key that it replaces behind it, until manage.py "
            "rotate_keys says that it is done."
        )
    return usable


def check():
    """Raise KeysRefused if the listed keys may not write to the database."""
    for name in LISTS:
        writing_keys(name)


def unregistered(name):
    """The positions, from 1, of the listed keys that are not registered."""
    known = current_view().rows[name]
    return [number for number, key in enumerate(decoded(getattr(settings, name)), 1) if fingerprint(key) not in known]


def digest_pairs():
    """The pairs of digest key ids that may be stored now, such as ["1f2e", "2e2e"], for `digest_mark`."""
    known = current_view().rows["DIGEST_KEYS"].values()
    return sorted(
        first + last
        for first, first_state in known
        for last, last_state in known
        if first_state in FIRST_STATES and last_state in LAST_STATES
    )
