"""The short address that ends the news of one recipient. This module imports no model.

`List-Unsubscribe` must fit in one line: mail servers fold longer ones, and a folded header breaks the signature (DKIM). So the
token has only the first bytes of the id of the pledge, a number for mailing and language, and eight bytes of a keyed digest,
together 24 characters. The digest covers the version of the links, so a change of address or a revocation ends it.
"""

import base64
import binascii
import hmac
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

from pledges.languages import LANGUAGE_CODES

ID_BYTES, NUMBER_BYTES, DIGEST_BYTES = 7, 3, 8
TOKEN_BYTES = ID_BYTES + NUMBER_BYTES + DIGEST_BYTES


@dataclass(frozen=True)
class NewsLink:
    """The content of a token: the ids of the pledges that it may mean, the first and the last; mailing and language."""

    first: uuid.UUID
    last: uuid.UUID
    number: int
    digest: bytes

    @property
    def mailing_id(self):
        return self.number // len(LANGUAGE_CODES)

    @property
    def language(self):
        """The language of the recipient when the message was sent. Read from the token, it tells nothing about the pledge."""
        return LANGUAGE_CODES[self.number % len(LANGUAGE_CODES)]

    def is_of(self, pledge):
        """Whether `token` made it for this pledge and its present links, by any of DJANGO_SECRET_KEYS."""
        secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        return any(hmac.compare_digest(self.digest, _digest(key, pledge, self.number)) for key in secrets)


def token(pledge, mailing_id):
    """The token, 24 characters."""
    number = mailing_id * len(LANGUAGE_CODES) + LANGUAGE_CODES.index(pledge.language)
    short = pledge.pk.bytes[:ID_BYTES] + number.to_bytes(NUMBER_BYTES)
    return base64.urlsafe_b64encode(short + _digest(settings.SECRET_KEY, pledge, number)).decode()


def read(text):
    """The NewsLink in a token, or None if it is malformed. Whether it is genuine tells `NewsLink.is_of`."""
    try:
        data = base64.b64decode(text, altchars="-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    if len(data) != TOKEN_BYTES:
        return None
    start, rest = data[:ID_BYTES], 16 - ID_BYTES
    return NewsLink(
        first=uuid.UUID(bytes=start + b"\x00" * rest),
        last=uuid.UUID(bytes=start + b"\xff" * rest),
        number=int.from_bytes(data[ID_BYTES:-DIGEST_BYTES]),
        digest=data[-DIGEST_BYTES:],
    )


def url(pledge, mailing_id):
    return settings.SITE_URL + reverse("end_news", args=[token(pledge, mailing_id)])


def _digest(secret, pledge, number):
    value = f"{pledge.pk}.{pledge.link_version}.{number}"
    return salted_hmac("pledges.news", value, secret=secret, algorithm="sha256").digest()[:DIGEST_BYTES]
