"""A demonstration administrator. Never in production: the credentials are printed on the terminal."""

import secrets

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import transaction

from staff.accounts.allauth_internal import TOTP, RecoveryCodes, generate_totp_secret
from staff.accounts.models import Account
from staff.roles import Role

ADDRESS = "demo@shembull.invalid"


@transaction.atomic
def create_administrator():
    """Create the account, or replace its credentials; returns the text to print, the only copy of them."""
    account = Account.objects.with_email(ADDRESS)
    if account is None:
        account = Account(username=ADDRESS, email=ADDRESS, first_name="Demo", is_staff=True)
    password = secrets.token_urlsafe(12)
    totp_secret = generate_totp_secret()
    account.is_active = True
    account.set_password(password)
    account.save()
    account.groups.set([Group.objects.get(name=Role.ADMINISTRATOR)])
    Authenticator.objects.filter(user=account).delete()
    TOTP.activate(account, totp_secret)
    codes = RecoveryCodes.activate(account).get_unused_codes()
    return (
        f"Demonstration staff: {ADDRESS}, password {password}\n"
        f"  then one of these codes, each once: {' '.join(codes)}\n"
        f"  or an authenticator app with the key {totp_secret}\n"
        "  To remove it: switch it off under Accounts in the admin."
    )
