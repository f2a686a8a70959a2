"""allauth adapters: messages, login throttling, reauthentication, encrypted secrets."""

import math

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from staff import secrets
from staff.accounts import sessions
from staff.accounts.models import Account
from staff.accounts.sign_in_attempts import SignInAttempt, TooManyAttempts
from staff.audit.models import Entry

# Replacements for allauth's message templates. Messages of other templates are not shown.
MESSAGES = {
    "mfa/messages/totp_activated.txt": _("The app has been set up as your second step."),
    "mfa/messages/totp_deactivated.txt": _(
        "You can no longer use the app to sign in. You have been signed out everywhere else."
    ),
    "mfa/messages/webauthn_added.txt": _("The passkey has been saved."),
    "mfa/messages/webauthn_removed.txt": _("The passkey has been removed. You have been signed out everywhere else."),
}


def display_name(user):
    """The name of a member of staff as shown on pages (allauth's ACCOUNT_USER_DISPLAY)."""
    return user.first_name or user.email or user.get_username()


def login_of(user):
    """The name an account signs in with. Throttling counts attempts by it."""
    return user.email or user.get_username()


def admit_attempt(login, request):
    """Record an attempt to sign in and return it. Raises ValidationError with the time to wait if it is throttled."""
    try:
        return SignInAttempt.admit(login, getattr(request, "network", None), getattr(request, "site_prefix", None))
    except TooManyAttempts as throttled:
        raise ValidationError(_time_to_wait(throttled.seconds), code="too_soon") from None


def _time_to_wait(seconds):
    """The message for a throttled attempt: seconds up to 90, minutes above."""
    if seconds <= 90:
        count = seconds
        message = ngettext(
            "Too many wrong attempts. Wait %(count)d second before you try again, or use a passkey now.",
            "Too many wrong attempts. Wait %(count)d seconds before you try again, or use a passkey now.",
            count,
        )
    else:
        count = math.ceil(seconds / 60)
        message = ngettext(
            "Too many wrong attempts. Wait %(count)d minute before you try again, or use a passkey now.",
            "Too many wrong attempts. Wait %(count)d minutes before you try again, or use a passkey now.",
            count,
        )
    return message % {"count": count}


class AccountAdapter(DefaultAccountAdapter):
    """Passwords: throttled, and failures of existing accounts in the log. There is no sign-up."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The email address or password is not correct."),
        "incorrect_password": _("This is not your password."),
    }

    def is_open_for_signup(self, request):
        return False

    def add_message(self, request, level, message_template=None, message_context=None, extra_tags="", message=None):
        text = message or MESSAGES.get(message_template)
        if text:
            messages.add_message(request, level, text, extra_tags=extra_tags)

    def authenticate(self, request, **credentials):
        attempt = admit_attempt(credentials["email"], request)
        user = super().authenticate(request, **credentials)
        if user is None or not (user.is_active and user.is_staff):
            if account := Account.objects.with_email(credentials["email"]):
                Entry.log(account, Entry.Action.SIGN_IN_FAILED, by="password")
            else:
                # Only counted: visitors must not fill the log, which is never erased. Also one statement, so that the time
                # of the answer does not reveal which accounts exist.
                attempt.save(update_fields=["succeeded"])
            return None
        attempt.delete()
        return user

    def reauthenticate(self, user, password):
        attempt = admit_attempt(login_of(user), self.request)
        if not user.check_password(password):
            Entry.log(user, Entry.Action.SIGN_IN_FAILED, by="password", again=True)
            return False
        attempt.delete()
        self.request.session.cycle_key()
        return True

    def is_reauthentication_required(self, *, app, **kwargs):
        # A session without a second factor opens nothing that needs protection.
        return sessions.is_strong(self.request) and not sessions.is_recently_authenticated(self.request)

    def get_reauthentication_methods(self, user):
        descriptions = {
            "reauthenticate": _("With my password"),
            "mfa_reauthenticate": _("With a code"),
            "mfa_reauthenticate:webauthn": _("With my passkey"),
        }
        methods = super().get_reauthentication_methods(user)
        return [method | {"description": descriptions[method["id"]]} for method in methods]


class FactorAdapter(DefaultMFAAdapter):
    """Second factors: encrypted secrets, and the last one cannot be removed."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("That code did not work. Use the code shown now. Each code works only once."),
        "cannot_delete_authenticator": _("This is your only second step. Set up another one first."),
    }

    def encrypt(self, text):
        return secrets.encrypt(text)

    def decrypt(self, encrypted_text):
        return secrets.decrypt(encrypted_text)

    def build_totp_svg(self, url):
        # Without the XML declaration, and with a class by which the style sheet sets the size.
        svg = super().build_totp_svg(url).partition("?>")[2]
        return mark_safe(svg.replace("<svg ", '<svg class="qr" aria-hidden="true" ', 1))

    def can_delete_authenticator(self, authenticator):
        others = [pk for pk in sessions.second_factor_ids(authenticator.user) if pk != authenticator.pk]
        return bool(others) or authenticator.type == Authenticator.Type.RECOVERY_CODES

    def generate_authenticator_name(self, user, type):
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey %(number)d") % {"number": number}

    def get_public_key_credential_rp_entity(self):
        return super().get_public_key_credential_rp_entity() | {"name": settings.MFA_TOTP_ISSUER}
