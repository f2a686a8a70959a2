"""The form's stamp: when its page was made and which words it showed, signed, the same for everyone.

The page is cached, so the stamp dates the page and not the visit: ten minutes coarse, so that the page stays the same
to the byte.
"""

import time
from dataclasses import dataclass

from django.core import signing

COARSE = 600  # seconds
TOO_QUICK = 2  # seconds
# A day longer than the longest cache (pledges.http.STALE_IF_ERROR).
LIFE = 2 * 24 * 3600


def _signer():
    return signing.Signer(salt="pledges.stamp")


@dataclass(frozen=True)
class Stamp:
    """`made_at` in seconds since 1970; `wordings` are ids of the shown Wording rows; `returned`: the form came back once."""

    made_at: int
    wordings: tuple[int, ...]
    returned: bool = False

    @property
    def too_quick(self):
        """Whether nobody could have filled the form since; whoever got it back once need only press the button."""
        return not self.returned and time.time() - self.made_at < TOO_QUICK

    @property
    def stale(self):
        """Whether the page is older than any cache may keep it."""
        return time.time() - self.made_at > LIFE

    def __str__(self):
        return _signer().sign_object([self.made_at, list(self.wordings), int(self.returned)])


def make(wordings):
    """The stamp of a page shown to everyone now."""
    return Stamp(int(time.time()) // COARSE * COARSE, tuple(wordings))


def make_returned(wordings):
    """The stamp of a form that comes back to one person."""
    return Stamp(int(time.time()), tuple(wordings), returned=True)


def read(text):
    """The Stamp in `text`, or None when we did not make it."""
    try:
        made_at, wordings, returned = _signer().unsign_object(text)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Stamp(made_at, tuple(wordings), bool(returned))
