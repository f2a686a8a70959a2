"""The parts of django-allauth that have no public API, in one module. Checked against django-allauth 65.21.

Read the release notes and run tests/staff/accounts/test_sign_in.py before raising the version.
"""

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.webauthn.internal.auth import STATE_SESSION_KEY as PASSKEY_STATE
from allauth.mfa.webauthn.internal.auth import begin_registration

__all__ = [
    "PASSKEY_STATE",
    "activate_recovery_codes",
    "activate_totp",
    "generate_totp_secret",
    "matching_totp_counter",
    "passkey_creation_options",
]


def matching_totp_counter(secret, code):
    """The latest time counter (RFC 6238) within the tolerance whose TOTP code equals `code`, or None."""
    typed = normalize_user_code(code)
    matching = [
        counter
        for counter in yield_hotp_counters_from_time()
        if format_hotp_value(hotp_value(secret, counter)) == typed
    ]
    return max(matching, default=None)


def passkey_creation_options(user):
    """WebAuthn options for the browser to create a passkey. The challenge is stored in the session of the current request."""
    return begin_registration(user, passwordless=True)


def activate_totp(user, secret):
    """Store an authenticator app with this secret for the user."""
    TOTP.activate(user, secret)


def activate_recovery_codes(user):
    """Store recovery codes for the user; returns the unused codes in clear text."""
    return RecoveryCodes.activate(user).get_unused_codes()
