"""Forms for signing in and for setting up passwords, passkeys and authenticator apps."""

from allauth.account.forms import LoginForm, ReauthenticateForm
from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
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

from staff.accounts.adapters import FactorAdapter, admit_attempt, login_of
from staff.accounts.allauth_internal import matching_totp_counter


def _set_label(field, label, help_text=""):
    """Replace the label and help text of an allauth field, and drop the placeholder, which only repeats the label."""
    field.label = label
    field.help_text = help_text
    field.widget.attrs.pop("placeholder", None)


class SignInForm(LoginForm):
    """E-mail address and password."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _set_label(self.fields["login"], _("Sign-in email address"))
        _set_label(self.fields["password"], _("Password"))
        self.fields["login"].widget.attrs["autocomplete"] = "username webauthn"


class RecoverForm(forms.Form):
    """The address of an account whose password is lost."""

    email = forms.EmailField(
        label=_("Sign-in email address"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )


class ReauthenticatePasswordForm(ReauthenticateForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _set_label(self.fields["password"], _("Password"))


class ThrottledCodeForm:
    """Mixin for forms with a TOTP or recovery code: attempts are throttled, and a TOTP code is accepted once (RFC 6238, 5.2).

    allauth remembers used codes in the cache, which each process may have for itself. The last used counter is therefore stored
    with the authenticator.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _set_label(
            self.fields["code"],
            _("Code"),
            _("The six digits that the app shows now, or one of your recovery codes."),
        )
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "autofocus": True}

    def clean_code(self):
        attempt = admit_attempt(login_of(self.user), context.request)
        code = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP:
            self._consume_totp(code)
        attempt.delete()
        return code

    @transaction.atomic
    def _consume_totp(self, code):
        """Invalidate this TOTP code and all earlier ones. Raises ValidationError if it was used before."""
        factor = Authenticator.objects.select_for_update().get(pk=self.authenticator.pk)
        counter = matching_totp_counter(FactorAdapter().decrypt(factor.data["secret"]), code)
        if counter is None or counter <= factor.data.get("counter", 0):
            raise FactorAdapter().validation_error("incorrect_code")
        factor.data["counter"] = counter
        factor.save(update_fields=["data"])


class CodeForm(ThrottledCodeForm, mfa_forms.AuthenticateForm):
    """The second factor after the password."""


class ReauthenticateCodeForm(ThrottledCodeForm, mfa_forms.ReauthenticateForm):
    """A code that confirms who is signed in."""


class ActivateAppForm(ActivateTOTPForm):
    """The first code of an authenticator app that is being set up."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _set_label(self.fields["code"], _("Code"), _("The six digits that the app shows now."))
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


PASSKEY_NAME_HELP = _("A name to tell it apart from others. Example: My phone")


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


class PasskeyForm(RejectMalformedCredential, AddWebAuthnForm):
    """A new passkey and its name."""

    # Removes allauth's checkbox: every passkey here is passwordless.
    passwordless = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _set_label(self.fields["name"], _("Name of the passkey"), PASSKEY_NAME_HELP)


class PasskeyNameForm(EditWebAuthnForm):
    name = forms.CharField(label=_("Name of the passkey"), help_text=PASSKEY_NAME_HELP, max_length=80)
