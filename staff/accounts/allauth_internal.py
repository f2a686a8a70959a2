"""The parts of django-allauth that have no public API, in one module. Checked against django-allauth 65.21.

Read the release notes and run tests/staff/accounts/test_sign_in.py before raising the version.
"""

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.core.internal.ratelimit import consume_or_429
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.webauthn.internal.auth import STATE_SESSION_KEY as PASSKEY_STATE
from allauth.mfa.webauthn.internal.auth import begin_registration

__all__ = [
    "PASSKEY_STATE",
    "TOTP",
    "RecoveryCodes",
    "begin_registration",
    "consume_or_429",
    "generate_totp_secret",
    "normalize_user_code",
]
