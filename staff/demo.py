"""An administrator to look around with. Never in production: whoever reads the terminal has the account."""

import secrets

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group
from django.db import transaction

from staff.models import Account
from staff.roles import Role

ADDRESS = "demo@shembull.invalid"


@transaction.atomic
def administrator():
    """Make the account, or give it all keys anew; returns what to type, which is shown this once."""
    account = Account.objects.at(ADDRESS) or Account(username=ADDRESS, email=ADDRESS, first_name="Demo", is_staff=True)
    password, secret = secrets.token_urlsafe(12), generate_totp_secret()
    account.is_active = True
    account.set_password(password)
    account.save()
    account.groups.set([Group.objects.get(name=Role.ADMINISTRATOR)])
    Authenticator.objects.filter(user=account).delete()
    TOTP.activate(account, secret)
    codes = RecoveryCodes.activate(account).get_unused_codes()
    return (
        f"Demonstration staff: {ADDRESS}, password {password}\n"
        f"  then one of these codes, each once: {' '.join(codes)}\n"
        f"  or an authenticator app with the key {secret}\n"
        "  Gone again: switch it off under Accounts in the admin."
    )
