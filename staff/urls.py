"""URLs under /admin/account/: the allauth views that staff need, under the names that allauth reverses. No sign-up."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path, reverse_lazy
from django.utils.translation import gettext_lazy as _

from staff.accounts import views
from staff.accounts.views import reauthentication_required, second_factor_required

overview_url = reverse_lazy("mfa_index")


AGAIN = _("Confirm that it is you")


def titled(view, title, **options):
    """The view function of a class-based view, with the title of its page in the context."""
    return view.as_view(extra_context={"title": title}, **options)


def protected(view):
    """Require a second factor and a recent authentication."""
    return second_factor_required(reauthentication_required(view))


# Those of allauth.
switched_off = titled(account.AccountInactiveView, _("This account has been switched off"))
remove_app = titled(totp.DeactivateTOTPView, _("Remove the app?"))
rename_passkey = titled(webauthn.EditWebAuthnView, _("Rename this passkey"), success_url=overview_url)
remove_passkey = views.RemovePasskey.as_view(success_url=overview_url)
again_by_code = titled(mfa.ReauthenticateView, AGAIN, template_name="account/reauthenticate.html")
new_codes = titled(codes.GenerateRecoveryCodesView, _("New recovery codes?"))

urlpatterns = [
    path("", second_factor_required(titled(mfa.IndexView, _("How I sign in"))), name="mfa_index"),
    path("login/", titled(account.LoginView, _("Sign in")), name="account_login"),
    path("login/passkey/", views.PasskeySignIn.as_view(), name="mfa_login_webauthn"),
    path("login/code/", titled(mfa.AuthenticateView, _("Second step")), name="mfa_authenticate"),
    path("logout/", titled(account.LogoutView, _("Sign out")), name="account_logout"),
    path("inactive/", switched_off, name="account_inactive"),
    path("invitation/<str:token>/", views.invitation, name="account_invitation"),
    path("recover/", views.recover, name="account_recover"),
    path("setup/", views.setup, name="account_setup"),
    path("awake/", views.awake, name="account_awake"),
    path("password/", views.password, name="account_change_password"),
    path("again/", second_factor_required(titled(account.ReauthenticateView, AGAIN)), name="account_reauthenticate"),
    path("again/code/", second_factor_required(again_by_code), name="mfa_reauthenticate"),
    path(
        "again/passkey/",
        second_factor_required(titled(webauthn.ReauthenticateWebAuthnView, AGAIN)),
        name="mfa_reauthenticate_webauthn",
    ),
    path("app/", views.AddApp.as_view(), name="mfa_activate_totp"),
    path("app/remove/", protected(remove_app), name="mfa_deactivate_totp"),
    path("passkeys/add/", views.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("passkeys/<int:pk>/", protected(rename_passkey), name="mfa_edit_webauthn"),
    path("passkeys/<int:pk>/remove/", protected(remove_passkey), name="mfa_remove_webauthn"),
    path("codes/", protected(titled(codes.ViewRecoveryCodesView, _("Recovery codes"))), name="mfa_view_recovery_codes"),
    path("codes/new/", protected(new_codes), name="mfa_generate_recovery_codes"),
]
