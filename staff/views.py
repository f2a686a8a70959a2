"""The pages for signing in, and for setting up how one does. Only a strong session (see sessions.py) gets further."""

from functools import wraps
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.utils import perform_login
from allauth.mfa.adapter import get_adapter as get_factor_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.internal.auth import begin_registration
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME, logout, update_session_auth_hash
from django.contrib.auth.forms import SetPasswordForm
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from staff import sessions
from staff.models import AuditEntry, Invitation


def strong(view):
    """For those who have given their second factor; others are led to where they can."""

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        if not request.user.is_authenticated:
            return redirect("account_login")
        if not sessions.is_strong(request):
            return redirect("account_setup")
        return view(request, *args, **kwargs)

    return wrapper


def signed_in(view):
    """For a weak session too: the first second factor is set up in one."""

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        return view(request, *args, **kwargs) if request.user.is_authenticated else redirect("account_login")

    return wrapper


def fresh(view):
    """For those who have lately shown that it is them; others are asked again. What they were about to send is not kept."""

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        if get_adapter(request).is_reauthentication_required(app="staff"):
            way = get_adapter(request).get_reauthentication_methods(request.user)[0]["url"]
            return redirect(f"{way}?{urlencode({REDIRECT_FIELD_NAME: request.path})}")
        return view(request, *args, **kwargs)

    return wrapper


@strong
@require_safe
def overview(request):
    """How I sign in: password, passkeys, app, recovery codes."""
    factors = Authenticator.objects.filter(user=request.user).order_by("pk")
    codes = factors.filter(type=Authenticator.Type.RECOVERY_CODES).first()
    context = {
        "title": _("How I sign in"),
        "passkeys": [factor for factor in factors if factor.type == Authenticator.Type.WEBAUTHN],
        "app": factors.filter(type=Authenticator.Type.TOTP).first(),
        "codes": codes,
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
    }
    return render(request, "staff/overview.html", context)


@signed_in
@require_safe
def setup(request):
    """The first second factor: until it is set up nothing else opens."""
    if sessions.is_strong(request):
        return redirect("mfa_index")
    return render(request, "staff/setup.html", {"title": _("One more step")})


@require_safe
def awake(request):
    """Asked by a page in which someone is typing: the session goes on as with any other request."""
    return HttpResponse(status=204 if sessions.is_strong(request) else 403)


def _noted(request, factor):
    AuditEntry.log(request.user, AuditEntry.Action.ACCOUNT, done="factor_added", account=request.user.pk, factor=factor)
    sessions.strengthen(request)


@method_decorator([signed_in, fresh], name="dispatch")
class AddApp(ActivateTOTPView):
    """An authenticator app beside the password."""

    extra_context = {"title": gettext_lazy("Set up an authenticator app")}

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_usable_password():
            # It would be the second factor of nothing.
            return redirect("account_change_password" if sessions.is_strong(request) else "account_setup")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form):
        with transaction.atomic():
            response = super().form_valid(form)
            _noted(self.request, Authenticator.Type.TOTP)
        return response


@method_decorator([signed_in, fresh], name="dispatch")
class AddPasskey(AddWebAuthnView):
    """A passkey: it stands for password and second factor at once."""

    extra_context = {"title": gettext_lazy("Set up a passkey")}

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["js_data"] = {"creation_options": begin_registration(self.request.user, passwordless=True)}
        return context

    def form_valid(self, form):
        with transaction.atomic():
            response = super().form_valid(form)
            _noted(self.request, Authenticator.Type.WEBAUTHN)
            if number := self.request.session.pop(sessions.INVITATION, None):
                Invitation.objects.filter(pk=number).end(Invitation.State.USED)
        return response


class RemovePasskey(RemoveWebAuthnView):
    """Take a passkey away, unless it is the only second factor."""

    extra_context = {"title": gettext_lazy("Remove this passkey?")}

    def form_valid(self, form):
        if not get_factor_adapter().can_delete_authenticator(self.object):
            messages.error(self.request, get_factor_adapter().error_messages["cannot_delete_authenticator"])
            return redirect("mfa_index")
        return super().form_valid(form)


@sensitive_post_parameters()
@strong
@fresh
def password(request):
    """A new password, for those who have just shown that it is them."""
    form = SetPasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            AuditEntry.log(request.user, AuditEntry.Action.ACCOUNT, done="password_changed", account=request.user.pk)
        # This session goes on; all others began with the old password, and end.
        update_session_auth_hash(request, request.user)
        messages.success(request, _("The new password is saved. Other sessions of yours have ended."))
        return redirect("mfa_index")
    return render(request, "staff/password.html", {"title": _("New password"), "form": form})


@sensitive_post_parameters()
def invitation(request, token):
    """Behind the link of an invitation. Only its buttons do anything: programs that check mail open links."""
    found = Invitation.objects.behind(token)
    if found is None:
        raise Http404
    if not found.works:
        return render(request, "staff/link_ended.html", {"title": _("This link works no more")}, status=410)
    account = found.user
    may_choose = not sessions.factors_of(account)
    if request.method == "POST" and request.user.is_authenticated:
        logout(request)
    if request.method == "POST" and "passkey" in request.POST and may_choose:
        get_adapter().login(request, account)
        sessions.begin(request, account)
        request.session[sessions.INVITATION] = str(found.pk)
        return redirect("mfa_add_webauthn")
    form = SetPasswordForm(account, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            if not Invitation.objects.filter(pk=found.pk).end(Invitation.State.USED):
                # Another window was quicker.
                return redirect(request.path)
            form.save()
            AuditEntry.log(account, AuditEntry.Action.ACCOUNT, done="link_used", account=account.pk)
        # With a second factor this asks for it, without one it leads to where it is set up.
        return perform_login(request, account)
    context = {"title": _("Choose how you sign in"), "form": form, "account": account, "may_choose": may_choose}
    return render(request, "staff/invitation.html", context)
