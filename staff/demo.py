"""A demonstration administrator. Never in production: the credentials are printed on the terminal."""

from base64 import b32encode
from secrets import token_bytes, token_hex, token_urlsafe

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import transaction

from staff import secrets
from staff.accounts.models import Account
from staff.roles import Role

ADDRESS = "demo@shembull.invalid"


@transaction.atomic
def create_administrator():
    """Create the account, or replace its credentials; returns the text to print, the only copy of them."""
    account = Account.objects.with_email(ADDRESS)
    if account is None:
        account = Account(username=ADDRESS, email=ADDRESS, first_name="Demo", is_staff=True)
    password, totp_secret = token_urlsafe(12), b32encode(token_bytes(20)).decode()
    account.is_active = True
    account.set_password(password)
    account.save()
    account.groups.set([Group.objects.get(name=Role.ADMINISTRATOR)])
    Authenticator.objects.filter(user=account).delete()
    # What allauth stores of an app, and of recovery codes.
    app, seed = {"secret": secrets.encrypt(totp_secret)}, {"seed": secrets.encrypt(token_hex(40)), "used_mask": 0}
    Authenticator.objects.create(user=account, type=Authenticator.Type.TOTP, data=app)
    recovery = Authenticator.objects.create(user=account, type=Authenticator.Type.RECOVERY_CODES, data=seed)
    codes = recovery.wrap().get_unused_codes()
    return (
        f"Demonstration staff: {ADDRESS}, password {password}\n"
        f"  then one of these codes, each once: {' '.join(codes)}\n"
        f"  or an authenticator app with the key {totp_secret}\n"
        "  To remove it: switch it off under Accounts in the admin."
    )
