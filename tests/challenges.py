"""Solved challenges of the public forms, without the work."""

import time
from datetime import UTC, datetime

import altcha

from pledges.crypto import challenges
from pledges.crypto.challenges import Solved
from pledges.limits.models import limits
from pledges.models import Attempt
from tests.numbers import next_number


def solved(form="pledge", lives=challenges.LIFETIME_SECONDS, **changes):
    """What the page's script sends for a challenge of a form that still lives so many seconds.

    The test has the keys of the site, so it chooses the number of the last try. `changes` replace entries of the solution.
    """
    number = next_number()
    challenge = altcha.create_challenge(
        challenges.ALGORITHM,
        challenges.ITERATIONS,
        counter=number,
        expires_at=int(time.time()) + lives,
        data={"form": form},
        hmac_secret=challenges.secret("parameters"),
        hmac_key_secret=challenges.secret("key"),
    )
    parameters = challenge.parameters
    password = bytes.fromhex(parameters.nonce) + number.to_bytes(4, "big")
    key = altcha.derive_key_pbkdf2(parameters, bytes.fromhex(parameters.salt), password).hex()
    solution = altcha.Solution(**{"counter": number, "derived_key": key, **changes})
    return altcha.Payload(challenge, solution).to_base64()


def used(number):
    """A Solved challenge for `submit`, another one for each number."""
    return Solved(number.to_bytes(32, "big"), datetime.fromtimestamp(time.time() + 600, UTC))


def reach_limit(network="127.0.0.1", limit=60):
    """Fill the limit of a network, the default of test clients and of new settings."""
    Attempt.objects.bulk_create(
        Attempt(network_digest=digest) for digest, places in limits(network, limit) for _ in range(places)
    )
