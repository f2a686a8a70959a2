"""Entries of the log and session state for allauth's and Django's sign-in signals."""

from allauth.account.authentication import get_authentication_records
from allauth.account.signals import authentication_step_completed, user_logged_in
from allauth.mfa.signals import authentication_failed, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver

from staff.accounts import sessions
from staff.accounts.adapters import remember_network
from staff.audit.models import Entry


@receiver(user_logged_in)
def on_sign_in(sender, request, user, **kwargs):
    sessions.start(request, user)
    if sessions.is_strong(request):
        remember_network(request, user.email or user.get_username())
    methods = [record.get("type", record["method"]) for record in get_authentication_records(request, user)]
    Entry.log(user, Entry.Action.SIGN_IN, by=methods or ["link"])


@receiver(user_logged_out)
def on_sign_out(sender, request, user, **kwargs):
    if user is not None:
        Entry.log(user, Entry.Action.SIGN_OUT)


@receiver(authentication_step_completed)
def on_authenticated_again(sender, request, reauthenticated=False, **kwargs):
    """Give a session in which a password or factor was given again a new key. A sign-in does so by itself."""
    if reauthenticated:
        request.session.cycle_key()


@receiver(authentication_failed)
def on_wrong_code(sender, request, user, authenticator, reauthentication=False, **kwargs):
    Entry.log(user, Entry.Action.SIGN_IN_FAILED, by=authenticator.type, again=reauthentication or None)


@receiver(authenticator_removed)
def on_factor_removed(sender, request, user, authenticator, **kwargs):
    """Log the removal; this session stays valid with the remaining factors, others end."""
    sessions.update_factors(request)
    Entry.log(user, Entry.Action.ACCOUNT, done="factor_removed", account=user.pk, factor=authenticator.type)


@receiver(authenticator_reset)
def on_recovery_codes_renewed(sender, request, user, authenticator, **kwargs):
    Entry.log(user, Entry.Action.ACCOUNT, done="codes_renewed", account=user.pk)
