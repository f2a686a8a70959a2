"""allauth: adapters for messages, the network of rate limits, reauthentication and encrypted secrets; what its signals log."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.signals import authentication_step_completed, user_logged_in
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_removed, authenticator_reset
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_logged_out
from django.core.cache import cache
from django.dispatch import receiver
from django.utils.crypto import get_random_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from staff import secrets
from staff.accounts import sessions
from staff.accounts.models import Account
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


TOO_MANY = _("Too many wrong attempts. Try again later, or use a passkey now.")

# How long a network is known for an account that signed in from it.
KNOWN_SECONDS = 30 * 24 * 3600


def _known_key(email, network):
    return f"known:{email.lower()}:{network}"


def remember_network(request, email):
    """From now on the attempts on this account from this network are counted apart."""
    if request.network:
        cache.set(_known_key(email, request.network), True, KNOWN_SECONDS)


def count_apart(request, email):
    """Whether this account is known in the network of the request; then this request counts for both together.

    So neither a stranger who guesses elsewhere nor another person of an office locks out a colleague.
    """
    is_known = bool(request.network and cache.get(_known_key(email, request.network)))
    if is_known:
        request.counted_as = f"{request.network}:{email.lower()}"
    return is_known


class AccountAdapter(DefaultAccountAdapter):
    """Passwords, whose failures for existing accounts are in the log. There is no sign-up."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The email address or password is not correct."),
        "incorrect_password": _("This is not your password."),
        "too_many_login_attempts": TOO_MANY,
        "rate_limited": TOO_MANY,
    }

    def is_open_for_signup(self, request):
        return False

    def add_message(self, request, level, message_template=None, message_context=None, extra_tags="", message=None):
        text = message or MESSAGES.get(message_template)
        if text:
            messages.add_message(request, level, text, extra_tags=extra_tags)

    def get_client_ip(self, request):
        # The network as the rest of the site counts it. Requests whose network is unknown do not count together.
        return getattr(request, "counted_as", None) or request.network or f"unknown:{get_random_string(22)}"

    def _get_login_attempts_cache_key(self, request, **credentials):
        key = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}:{request.network}" if count_apart(request, credentials["email"]) else key

    def authenticate(self, request, **credentials):
        user = super().authenticate(request, **credentials)
        if user is not None and user.is_active and user.is_staff:
            return user
        # Visitors must not fill the log, which is never erased.
        if account := Account.objects.with_email(credentials["email"]):
            Entry.log(account, Entry.Action.SIGN_IN_FAILED, by="password")
        return None

    def reauthenticate(self, user, password):
        email = user.email or user.get_username()
        return self.authenticate(self.request, email=email, password=password) is not None

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


# Signals of sign-in


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
