"""The stamp in a hidden field of the pledge form: a signed timestamp and the ids of the wordings that the page showed.

Shared caches store the page, so the stamp dates the page and not the visit. Its time is rounded down to ten minutes, so that
the page is byte-identical for that long.
"""

import time
from dataclasses import dataclass

from django.core import signing

ROUNDING_SECONDS = 600
# A form that is sent sooner was filled in by a program.
MIN_AGE_SECONDS = 2
# A day longer than the longest cache lifetime (pledges.serving.http.STALE_IF_ERROR_SECONDS).
MAX_AGE_SECONDS = 2 * 24 * 3600


def _signer():
    return signing.Signer(salt="pledges.stamp")


@dataclass(frozen=True)
class Stamp:
    """`made_at` is a Unix time in seconds. `wordings` are ids of Wording rows. `returned`: the form came back with errors."""

    made_at: int
    wordings: tuple[int, ...]
    returned: bool = False

    @property
    def too_quick(self):
        """Whether the form was sent faster than a person can fill it in. A returned form may be sent again right away."""
        return not self.returned and time.time() - self.made_at < MIN_AGE_SECONDS

    @property
    def stale(self):
        """Whether the page is older than any cache may store it."""
        return time.time() - self.made_at > MAX_AGE_SECONDS

    def __str__(self):
        return _signer().sign_object([self.made_at, list(self.wordings), int(self.returned)])


def window():
    """The time of the stamps that are made now: a Unix time in seconds, the same for ten minutes."""
    return int(time.time()) // ROUNDING_SECONDS * ROUNDING_SECONDS


def make(wordings, returned=False):
    """The stamp of a form: on a public page, where it is the same for every visitor, or shown again with errors."""
    return Stamp(int(time.time()) if returned else window(), tuple(wordings), returned)


def read(text):
    """The Stamp in `text`, or None if the signature or the content is invalid."""
    try:
        made_at, wordings, returned = _signer().unsign_object(text)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Stamp(made_at, tuple(wordings), bool(returned))
