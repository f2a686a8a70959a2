"""Pages for setting up passwords, passkeys and authenticator apps, and the link of an invitation."""

from functools import wraps

from allauth.account.adapter import get_adapter
from allauth.account.utils import perform_login
from allauth.decorators import rate_limit
from allauth.mfa.adapter import get_adapter as get_factor_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, LoginWebAuthnView, RemoveWebAuthnView
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import SetPasswordForm
from django.db import transaction
from django.http import Http404, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from staff.accounts import sessions
from staff.accounts.forms import RecoverForm
from staff.accounts.models import Account, Invitation, Presence
from staff.accounts.models import recover as recover_account
from staff.audit.models import Entry


# Each challenge is a row of a session. allauth itself limits POST alone.
@method_decorator(rate_limit(action="webauthn_login", limit_get=True), name="dispatch")
class PasskeySignIn(LoginWebAuthnView):
    def form_invalid(self, form):
        # allauth itself ends a challenge only when the answer is right. A stranger's session holds nothing else.
        self.request.session.flush()
        return redirect(f"{reverse('account_login')}?passkey")


def second_factor_required(view):
    """Decorate a view for strong sessions (see staff.accounts.sessions). Others are redirected to sign in or to set one up."""

    @login_required
    @wraps(view)
    def wrapper(request, *args, **kwargs):
        return view(request, *args, **kwargs) if sessions.is_strong(request) else redirect("account_setup")

    return wrapper


def reauthentication_required(view):
    """Decorate a view for users who authenticated recently. Others reauthenticate first; the data of a POST is dropped.

    allauth's decorator of this name would store the posted data in the session.
    """

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        # As in the adapter: a session without a second factor opens nothing that needs protection.
        asked = sessions.is_strong(request) and sessions.ask_again(request, request.path)
        return asked or view(request, *args, **kwargs)

    return wrapper


@login_required
@require_safe
def setup(request):
    """The choice of a first second factor. Until it is set up, every other page redirects here."""
    if sessions.is_strong(request):
        return redirect("mfa_index")
    return render(request, "staff/setup.html", {"title": _("One more step")})


@require_safe
def awake(request):
    """What the script of an open page asks while someone types, and before it sends a form (static/js/session.js).

    403 if the session has ended or is another account's. Otherwise a CSRF token, because a sign-in in another window replaces
    that of the page, and who else has the form open. Every request extends the session (StaffSessionMiddleware).
    """
    account, path = sessions.opened(request)
    if not sessions.is_strong(request) or account != request.user.pk:
        return HttpResponse(status=403)
    others = Presence.renew(request.user, path) if path else []
    return JsonResponse({"token": get_token(request), "others": [str(each) for each in others]})


def _log_new_factor(request, factor):
    Entry.log(request.user, Entry.Action.ACCOUNT, done="factor_added", account=request.user.pk, factor=factor)
    sessions.update_factors(request)


@method_decorator([login_required, reauthentication_required], name="dispatch")
class AddApp(ActivateTOTPView):
    """Set up an authenticator app as the second factor after a password."""

    extra_context = {"title": gettext_lazy("Set up an authenticator app")}

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_usable_password():
            # A code is only asked for after a password, so an app is useless without one.
            return redirect("account_change_password" if sessions.is_strong(request) else "account_setup")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form):
        with transaction.atomic():
            response = super().form_valid(form)
            _log_new_factor(self.request, Authenticator.Type.TOTP)
        return response


@method_decorator([login_required, reauthentication_required], name="dispatch")
class AddPasskey(AddWebAuthnView):
    """Set up a passkey, which replaces both password and second factor."""

    extra_context = {"title": gettext_lazy("Set up a passkey")}

    def form_valid(self, form):
        with transaction.atomic():
            response = super().form_valid(form)
            _log_new_factor(self.request, Authenticator.Type.WEBAUTHN)
            if invitation_id := self.request.session.pop(sessions.INVITATION, None):
                Invitation.objects.filter(pk=invitation_id).end()
        return response


class RemovePasskey(RemoveWebAuthnView):
    """Remove a passkey, unless it is the only second factor."""

    extra_context = {"title": gettext_lazy("Remove this passkey?")}

    def form_valid(self, form):
        if not get_factor_adapter().can_delete_authenticator(self.object):
            messages.error(self.request, get_factor_adapter().error_messages["cannot_delete_authenticator"])
            return redirect("mfa_index")
        return super().form_valid(form)


@sensitive_post_parameters()
@second_factor_required
@reauthentication_required
def password(request):
    form = SetPasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            Entry.log(request.user, Entry.Action.ACCOUNT, done="password_changed", account=request.user.pk)
        # Keeps this session; the session hash of all others no longer matches, so they end.
        update_session_auth_hash(request, request.user)
        messages.success(request, _("The new password has been saved. You have been signed out everywhere else."))
        return redirect("mfa_index")
    return render(request, "staff/password.html", {"title": _("New password"), "form": form})


@sensitive_post_parameters()
@rate_limit(action="reset_password")
def recover(request):
    """Send a link for a new password. The second factor is still needed. The answer is the same for every address."""
    form = RecoverForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        account = Account.objects.with_email(form.cleaned_data["email"])
        recover_account.enqueue(account and account.pk, get_language())
    context = {"title": _("A new password"), "form": form, "is_sent": form.is_valid()}
    return render(request, "staff/recover_account.html", context)


@sensitive_post_parameters()
def invitation(request, token):
    """The page of an invitation's link: set a password or, without a second factor, a passkey.

    Only POST changes anything, because mail scanners open links.
    """
    found = Invitation.objects.from_token(token)
    if found is None:
        raise Http404
    if not found.is_usable:
        return render(request, "staff/link_ended.html", {"title": _("This link no longer works")}, status=410)
    account = found.user
    may_choose = not sessions.second_factor_ids(account)
    if request.method == "POST" and request.user.is_authenticated:
        logout(request)
    if request.method == "POST" and "passkey" in request.POST and may_choose:
        get_adapter().login(request, account)
        sessions.start(request, account)
        request.session[sessions.INVITATION] = str(found.pk)
        return redirect("mfa_add_webauthn")
    form = SetPasswordForm(account, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            if not Invitation.objects.filter(pk=found.pk).end():
                # The link was used concurrently, such as in another window.
                return redirect(request.path)
            form.save()
            Entry.log(account, Entry.Action.ACCOUNT, done="link_used", account=account.pk)
        # Asks for the second factor where there is one; otherwise the session is weak and leads to its set-up.
        return perform_login(request, account)
    context = {"title": _("Choose how you sign in"), "form": form, "account": account, "may_choose": may_choose}
    return render(request, "staff/invitation.html", context)
