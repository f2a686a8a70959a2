"""What staff type to sign in and to set up how they do."""

from allauth.account.forms import LoginForm, ReauthenticateForm
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.base import forms as codes
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from staff.adapters import FactorAdapter, admit, name_in_tries


def _name(field, label, help_text=""):
    """Give a field of allauth our words; a placeholder that repeats its label goes."""
    field.label, field.help_text = label, help_text
    field.widget.attrs.pop("placeholder", None)


class SignInForm(LoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _name(self.fields["login"], _("E-mail address"))
        _name(self.fields["password"], _("Password"))
        self.fields["login"].widget.attrs["autocomplete"] = "username webauthn"


class PasswordAgainForm(ReauthenticateForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _name(self.fields["password"], _("Password"))


class Slowed:
    """Codes can be guessed, so tries are counted; and a code of the app that was seen once is worth nothing a second time."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _name(
            self.fields["code"],
            _("Code"),
            _("The six digits that the app shows now, or one of your recovery codes."),
        )
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "autofocus": True}

    def clean_code(self):
        row = admit(name_in_tries(self.user), context.request)
        code = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP:
            self._use_up(code)
        row.delete()
        return code

    @transaction.atomic
    def _use_up(self, code):
        """Let a code of the app, and all before it, be worth nothing from now on."""
        factor = Authenticator.objects.select_for_update().get(pk=self.authenticator.pk)
        secret = FactorAdapter().decrypt(factor.data["secret"])
        used = [
            counter
            for counter in yield_hotp_counters_from_time()
            if format_hotp_value(hotp_value(secret, counter)) == normalize_user_code(code)
        ]
        if not used or used[-1] <= factor.data.get("counter", 0):
            raise FactorAdapter().validation_error("incorrect_code")
        factor.data["counter"] = used[-1]
        factor.save(update_fields=["data"])


class CodeForm(Slowed, codes.AuthenticateForm):
    pass


class CodeAgainForm(Slowed, codes.ReauthenticateForm):
    pass


class FirstCodeForm(ActivateTOTPForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _name(self.fields["code"], _("Code"), _("The six digits that the app shows now."))
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


NAME_HELP = _("So that you can tell it from others. Example: My phone")


class WellFormed:
    """A browser sends a passkey with all its parts; what lacks some is refused like a wrong one."""

    def full_clean(self):
        try:
            super().full_clean()
        except (AttributeError, LookupError, TypeError, ValueError):
            self.add_error(None, FactorAdapter().validation_error("incorrect_code"))


class PasskeySignInForm(WellFormed, LoginWebAuthnForm):
    pass


class PasskeySecondForm(WellFormed, AuthenticateWebAuthnForm):
    pass


class PasskeyAgainForm(WellFormed, ReauthenticateWebAuthnForm):
    pass


class PasskeyForm(WellFormed, AddWebAuthnForm):
    # All of ours are.
    passwordless = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _name(self.fields["name"], _("Name of the passkey"), NAME_HELP)


class PasskeyNameForm(EditWebAuthnForm):
    name = forms.CharField(label=_("Name of the passkey"), help_text=NAME_HELP, max_length=80)
