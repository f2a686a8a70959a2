"""How allauth signs staff in: in our words, slower after wrong tries, with secrets encrypted."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from staff import secrets, sessions
from staff.models import Account, AuditEntry, SignInAttempt
from staff.models.sign_in_attempts import TooManyAttempts

SAID = {
    "mfa/messages/totp_activated.txt": _("The app is set up as your second factor."),
    "mfa/messages/totp_deactivated.txt": _(
        "The app is no longer a second factor of yours. Other sessions of yours have ended."
    ),
    "mfa/messages/webauthn_added.txt": _("The passkey is saved."),
    "mfa/messages/webauthn_removed.txt": _("The passkey is removed. Other sessions of yours have ended."),
}


def name_of(user):
    """What a member of staff is called."""
    return user.first_name or user.email or user.get_username()


def name_in_tries(user):
    """What wrong tries of this account are counted by: what one types to sign in to it."""
    return user.email or user.get_username()


def admit(name, request):
    """Count a try to sign in; ValidationError in words when it must wait."""
    try:
        return SignInAttempt.admit(name, getattr(request, "network", None))
    except TooManyAttempts as too_soon:
        count, words = (
            too_soon.seconds,
            ngettext(
                "Several tries were wrong, so the next one has to wait %(count)d second. A passkey works at once.",
                "Several tries were wrong, so the next one has to wait %(count)d seconds. A passkey works at once.",
                too_soon.seconds,
            ),
        )
        if too_soon.seconds > 90:
            count = -(-too_soon.seconds // 60)
            words = ngettext(
                "Several tries were wrong, so the next one has to wait %(count)d minute. A passkey works at once.",
                "Several tries were wrong, so the next one has to wait %(count)d minutes. A passkey works at once.",
                count,
            )
        raise ValidationError(words % {"count": count}, code="too_soon") from None


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("We know no such e-mail address and password."),
        "incorrect_password": _("This is not your password."),
    }

    def is_open_for_signup(self, request):
        return False

    def add_message(self, request, level, message_template=None, message_context=None, extra_tags="", message=None):
        if words := message or SAID.get(message_template):
            messages.add_message(request, level, words, extra_tags=extra_tags)

    def authenticate(self, request, **credentials):
        row = admit(credentials["email"], request)
        user = super().authenticate(request, **credentials)
        if user is None or not (user.is_active and user.is_staff):
            AuditEntry.log(Account.objects.at(credentials["email"]), AuditEntry.Action.SIGN_IN_FAILED, by="password")
            return None
        row.delete()
        return user

    def reauthenticate(self, user, password):
        row = admit(name_in_tries(user), self.request)
        if not user.check_password(password):
            AuditEntry.log(user, AuditEntry.Action.SIGN_IN_FAILED, by="password", again=True)
            return False
        row.delete()
        return True

    def is_reauthentication_required(self, *, app, **kwargs):
        # In a weak session nothing is protected yet.
        return sessions.is_strong(self.request) and not sessions.is_fresh(self.request)

    def get_reauthentication_methods(self, user):
        words = {
            "reauthenticate": _("With my password"),
            "mfa_reauthenticate": _("With a code"),
            "mfa_reauthenticate:webauthn": _("With my passkey"),
        }
        return [each | {"description": words[each["id"]]} for each in super().get_reauthentication_methods(user)]


class FactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This did not work. A code must be the one that is shown now, and works once."),
        "cannot_delete_authenticator": _("This is your only second factor. Set up another one first."),
    }

    def encrypt(self, text):
        return secrets.encrypt(text)

    def decrypt(self, encrypted_text):
        return secrets.decrypt(encrypted_text)

    def build_totp_svg(self, url):
        svg = super().build_totp_svg(url).partition("?>")[2]
        # Its size is the style sheet's business.
        return mark_safe(svg.replace("<svg ", '<svg class="qr" aria-hidden="true" ', 1))

    def can_delete_authenticator(self, authenticator):
        others = [pk for pk in sessions.factors_of(authenticator.user) if pk != authenticator.pk]
        return bool(others) or authenticator.type == Authenticator.Type.RECOVERY_CODES

    def generate_authenticator_name(self, user, type):
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey %(number)d") % {"number": number}

    def _get_site_name(self):
        return "Ne jemi 1"
