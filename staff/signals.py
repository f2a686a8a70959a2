"""What allauth and Django tell of signing in, put on record."""

from allauth.account.authentication import get_authentication_records
from allauth.account.signals import user_logged_in
from allauth.mfa.signals import authentication_failed, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver

from staff import sessions
from staff.adapters import name_in_tries
from staff.models import AuditEntry, SignInAttempt


@receiver(user_logged_in)
def signed_in(sender, request, user, **kwargs):
    sessions.begin(request, user)
    by = [each.get("type", each["method"]) for each in get_authentication_records(request, user)]
    AuditEntry.log(user, AuditEntry.Action.SIGN_IN, by=by or ["link"])
    if sessions.is_strong(request):
        SignInAttempt.succeeded(name_in_tries(user), getattr(request, "network", None))


@receiver(user_logged_out)
def signed_out(sender, request, user, **kwargs):
    if user is not None:
        AuditEntry.log(user, AuditEntry.Action.SIGN_OUT)


@receiver(authentication_failed)
def code_was_wrong(sender, request, user, authenticator, reauthentication=False, **kwargs):
    AuditEntry.log(
        user, AuditEntry.Action.SIGN_IN_FAILED, by=authenticator.type, **({"again": True} if reauthentication else {})
    )


@receiver(authenticator_removed)
def factor_removed(sender, request, user, authenticator, **kwargs):
    sessions.strengthen(request)
    AuditEntry.log(user, AuditEntry.Action.ACCOUNT, done="factor_removed", account=user.pk, factor=authenticator.type)


@receiver(authenticator_reset)
def codes_made_anew(sender, request, user, authenticator, **kwargs):
    AuditEntry.log(user, AuditEntry.Action.ACCOUNT, done="codes_renewed", account=user.pk)
