"""Challenges in the ALTCHA format (version 2): work for the visitor's device, signed, for one form, to be used once.

Nothing is stored for a challenge that is issued. `submit` stores the signature of one that lets a form in. The site uses
the worker of the npm package and not its widget, which is 30 kB, records the movements of the pointer and sets styles by
attribute.
"""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import altcha
from django.utils.crypto import salted_hmac

LIFETIME_SECONDS = 600
ALGORITHM = "PBKDF2/SHA-256"
# Iterations of one try. The site computes one try, 1.5 ms, for each challenge that it issues, and none to check a solution.
ITERATIONS = 5_000
# The solution is the number of the last try, between FEWEST and MOST: a lower bound keeps the time predictable. Measured in
# Chromium on a development machine: 1.6 ms per try, 0.4 to 0.65 s in all, so 2.4 to 3.9 s on a phone that is six times slower.
# (The throttling of Chromium's developer tools does not slow down SubtleCrypto.)
FEWEST_TRIES, MOST_TRIES = 250, 400
# A solution has about 900.
MAX_CHARACTERS = 2_000


@dataclass(frozen=True)
class Solved:
    """A solved challenge: its signature (32 bytes), and when it expires."""

    digest: bytes
    expires_at: datetime


def secret(use):
    """The key of a use: of the signature of a challenge ("parameters"), or of the signature of its solution ("key")."""
    return salted_hmac("pledges.challenge", use, algorithm="sha256").digest()


def issue(form):
    """A challenge for the form with this id, as the dictionary that the page's script gets as JSON."""
    challenge = altcha.create_challenge(
        ALGORITHM,
        ITERATIONS,
        counter=FEWEST_TRIES + secrets.randbelow(MOST_TRIES - FEWEST_TRIES + 1),
        expires_at=int(time.time()) + LIFETIME_SECONDS,
        data={"form": form},
        hmac_secret=secret("parameters"),
        hmac_key_secret=secret("key"),
    )
    return challenge.to_dict()


def read(text, form):
    """The Solved challenge in `text`, as the page's script sent it; None if it is forged, expired, wrong or of another form."""
    if not text or len(text) > MAX_CHARACTERS:
        return None
    try:
        payload = altcha.Payload.from_base64(text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    result = altcha.verify_solution(payload, secret("parameters"), hmac_key_secret=secret("key"))
    parameters = payload.challenge.parameters
    if not result.verified or parameters.data != {"form": form}:
        return None
    return Solved(bytes.fromhex(payload.challenge.signature), datetime.fromtimestamp(parameters.expires_at, UTC))
