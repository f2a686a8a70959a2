"""The short address that ends the news of one recipient. This module imports no model.

`List-Unsubscribe` must fit in one line: mail servers fold longer ones, and a folded header breaks the signature (DKIM). So the
token has only the first bytes of the id of the pledge, the number of the mailing and eight bytes of a keyed digest, together 24
characters. It is bound to nothing that changes: an old mail must be able to end what it belongs to.
"""

import base64
import binascii
import hmac
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

ID_BYTES, MAILING_BYTES, DIGEST_BYTES = 7, 3, 8
# RFC 5322, section 2.1.1, without the line break.
LONGEST_LINE = 78


@dataclass(frozen=True)
class NewsLink:
    """The content of a token: the ids of the pledges that it may mean, the first and the last, and the id of the mailing."""

    first: uuid.UUID
    last: uuid.UUID
    mailing_id: int
    digest: bytes

    def is_of(self, pledge_id):
        """Whether `token` made it for this pledge, by any of DJANGO_SECRET_KEYS."""
        secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        return any(hmac.compare_digest(self.digest, _digest(key, pledge_id, self.mailing_id)) for key in secrets)


def token(pledge_id, mailing_id):
    """The token, 24 characters."""
    short = pledge_id.bytes[:ID_BYTES] + mailing_id.to_bytes(MAILING_BYTES)
    return base64.urlsafe_b64encode(short + _digest(settings.SECRET_KEY, pledge_id, mailing_id)).decode()


def read(text):
    """The NewsLink in a token, or None if it is malformed. Whether it is genuine tells `NewsLink.is_of`."""
    try:
        data = base64.b64decode(text, altchars="-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    if len(data) != ID_BYTES + MAILING_BYTES + DIGEST_BYTES:
        return None
    start, rest = data[:ID_BYTES], 16 - ID_BYTES
    return NewsLink(
        first=uuid.UUID(bytes=start + b"\x00" * rest),
        last=uuid.UUID(bytes=start + b"\xff" * rest),
        mailing_id=int.from_bytes(data[ID_BYTES : ID_BYTES + MAILING_BYTES]),
        digest=data[-DIGEST_BYTES:],
    )


def url(pledge_id, mailing_id):
    """The absolute URL for a message."""
    return settings.SITE_URL + reverse("end_news", args=[token(pledge_id, mailing_id)])


def excess():
    """By how many characters the header with such a URL of this site is longer than one line; 0 or less if it fits."""
    return len(f"List-Unsubscribe: <{url(uuid.UUID(int=0), 0)}>") - LONGEST_LINE


def _digest(secret, pledge_id, mailing_id):
    value = f"{pledge_id}.{mailing_id}"
    return salted_hmac("pledges.news", value, secret=secret, algorithm="sha256").digest()[:DIGEST_BYTES]
