"""Forms for signing in and for setting up passwords, passkeys and authenticator apps."""

import re

from allauth.account.forms import LoginForm, ReauthenticateForm
from allauth.core import context
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from staff.accounts.adapters import FactorAdapter, count_apart

PASSKEY_NAME = _("Name of the passkey")
PASSKEY_NAME_HELP = _("A name to tell it apart from others. Example: My phone")
DIGITS = {"inputmode": "numeric"}


class Worded:
    """Mixin for forms of allauth: our labels and help texts, and no placeholders, which only repeat the labels.

    `words` is {field: (label, help text, attributes of its control)}.
    """

    words = {}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, (label, help_text, attributes) in self.words.items():
            field = self.fields[name]
            field.label, field.help_text = label, help_text
            field.widget.attrs.pop("placeholder", None)
            field.widget.attrs |= attributes


class SignInForm(Worded, LoginForm):
    words = {
        "login": (_("Sign-in email address"), "", {"autocomplete": "username webauthn"}),
        "password": (_("Password"), "", {}),
    }


class RecoverForm(forms.Form):
    """The address of an account whose password is lost."""

    email = forms.EmailField(
        label=_("Sign-in email address"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )


class ReauthenticatePasswordForm(Worded, ReauthenticateForm):
    words = {"password": (_("Password"), "", {})}


class CodeOnce(Worded):
    """Mixin for forms with a TOTP or recovery code: each code is accepted once (RFC 6238, 5.2).

    allauth remembers a used code for one period, and a code is accepted in each period within the tolerance.
    """

    words = {
        "code": (
            _("Code"),
            _("The six digits that the app shows now, or one of your recovery codes."),
            DIGITS | {"autofocus": True},
        )
    }

    def clean_code(self):
        count_apart(context.request, self.user.email or self.user.get_username())
        typed = re.sub(r"[\W_]", "", self.cleaned_data["code"])
        used = f"used-code:{self.user.pk}:{typed}"
        # A code that allauth accepts clears the count of wrong ones.
        if cache.get(used):
            raise FactorAdapter().validation_error("incorrect_code")
        code = super().clean_code()
        seconds = mfa_settings.TOTP_PERIOD * (2 * mfa_settings.TOTP_TOLERANCE + 1)
        if not cache.add(used, True, seconds):
            raise FactorAdapter().validation_error("incorrect_code")
        return code


class CodeForm(CodeOnce, mfa_forms.AuthenticateForm):
    """The second factor after the password."""


class ReauthenticateCodeForm(CodeOnce, mfa_forms.ReauthenticateForm):
    """A code that confirms who is signed in."""


class ActivateAppForm(Worded, ActivateTOTPForm):
    """The first code of an authenticator app that is being set up."""

    words = {"code": (_("Code"), _("The six digits that the app shows now."), DIGITS)}


class RejectMalformedCredential:
    """Mixin for passkey forms: a credential with missing parts is a form error. Without it, allauth and fido2 raise."""

    def full_clean(self):
        try:
            super().full_clean()
        except (AttributeError, LookupError, TypeError, ValueError):
            self.add_error(None, FactorAdapter().validation_error("incorrect_code"))


class PasskeySignInForm(RejectMalformedCredential, LoginWebAuthnForm):
    """Sign-in by passkey alone."""


class PasskeySecondFactorForm(RejectMalformedCredential, AuthenticateWebAuthnForm):
    """A passkey as the second factor after the password."""


class ReauthenticatePasskeyForm(RejectMalformedCredential, ReauthenticateWebAuthnForm):
    """A passkey that confirms who is signed in."""


class PasskeyForm(RejectMalformedCredential, Worded, AddWebAuthnForm):
    """A new passkey and its name."""

    # Removes allauth's checkbox: every passkey here is passwordless.
    passwordless = None
    words = {"name": (PASSKEY_NAME, PASSKEY_NAME_HELP, {})}


class PasskeyNameForm(EditWebAuthnForm):
    name = forms.CharField(label=PASSKEY_NAME, help_text=PASSKEY_NAME_HELP, max_length=80)
