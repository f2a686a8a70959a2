"""Sessions of staff: whether a second factor was given, when they end, and how their keys are stored.

A session is strong once a second factor was given in it. Only a strong session opens the admin; a weak one leads to the page
where the first second factor is set up. A session ends:

- an hour after its last request (SESSION_COOKIE_AGE) and when the browser closes,
- MAX_AGE_SECONDS after it started,
- when the password changes (Django's session hash),
- when a second factor that it is bound to is removed,
- when it was opened by an invitation to set up a passkey, and that invitation ends.

The cookie holds the key. A copy of the database holds only keyed digests, which open no session.
"""

import time
from datetime import timedelta
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.core import signing
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from staff.accounts.models import Invitation

MAX_AGE_SECONDS = 12 * 3600
RECENT_SECONDS = 300
# Where a form leads that arrives without a session.
LOST_URL = reverse_lazy("account_login", query={"lost": ""})
# The parameter with the token of a page.
PAGE = "page"

# Session keys.
STARTED_AT = "staff_started_at"  # Unix time
AUTHENTICATED_AT = "staff_authenticated_at"  # Unix time
SECOND_FACTORS = "staff_second_factors"  # ids of Authenticator; empty in a weak session
INVITATION = "staff_invitation"  # id of the Invitation that opened the session to set up a passkey


def second_factor_ids(user):
    """Ids of the user's apps and passkeys. Recovery codes are excluded: they only stand in for a lost factor."""
    factors = Authenticator.objects.filter(user_id=user.pk).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return list(factors.order_by("pk").values_list("pk", flat=True))


def start(request, user):
    """Initialise the session after a sign-in; it is strong if a second factor or a passkey was part of the sign-in."""
    request.session[STARTED_AT] = request.session[AUTHENTICATED_AT] = time.time()
    methods = {record["method"] for record in get_authentication_records(request, user)}
    request.session[SECOND_FACTORS] = second_factor_ids(user) if "mfa" in methods else []


def update_factors(request):
    """Bind the session to the factors that exist now, after one was added or removed in it. Its key changes."""
    request.session.cycle_key()
    request.session[AUTHENTICATED_AT] = time.time()
    request.session[SECOND_FACTORS] = second_factor_ids(request.user)


def is_strong(request):
    """Whether a second factor was given in this session."""
    return bool(request.session.get(SECOND_FACTORS))


def page_token(request, path):
    """What the script of a page sends back to say who opened it and, for a form that others may have open too, its path."""
    return signing.dumps([request.user.pk, path], salt=PAGE)


def opened(request):
    """(id of the account, path) of the page whose script sent this request; (None, "") if that is not known."""
    try:
        return signing.loads(request.GET.get(PAGE, ""), salt=PAGE)
    except signing.BadSignature:
        return None, ""


def is_recently_authenticated(request, *, by_factor=False):
    """Whether the user authenticated within RECENT_SECONDS: by signing in, adding a factor or reauthenticating.

    With `by_factor` a password alone is not enough.
    """
    records = get_authentication_records(request, request.user)
    wanted = [record["at"] for record in records if record["method"] == "mfa" or not by_factor]
    return time.time() - max([request.session.get(AUTHENTICATED_AT, 0), *wanted]) < RECENT_SECONDS


def ask_again(request, next_path, *, by_factor=False):
    """A redirect to authenticate once more and then go on to `next_path`; None if that was just now.

    With `by_factor` a password alone is not enough.
    """
    if is_recently_authenticated(request, by_factor=by_factor):
        return None
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    urls = [method["url"] for method in methods if not by_factor or method["id"].startswith("mfa")]
    # An account without a second factor adds one first.
    url = urls[0] if urls else reverse("mfa_index")
    return redirect(f"{url}?{urlencode({REDIRECT_FIELD_NAME: next_path})}")


def _has_ended(request):
    session = request.session
    if time.time() - session[STARTED_AT] > MAX_AGE_SECONDS:
        return True
    invitation_id = session.get(INVITATION)
    if invitation_id and not Invitation.objects.open().filter(pk=invitation_id).exists():
        return True
    bound = set(session.get(SECOND_FACTORS, []))
    existing = set(second_factor_ids(request.user))
    if not bound:
        # A weak session is for setting up the first second factor. Once one exists, it must be given.
        return bool(existing)
    return not bound <= existing


def end_expired_sessions(get_response):
    """Middleware: log out a session that has ended, before the request is handled."""

    def middleware(request):
        if not (request.path_info.startswith("/admin/") and request.user.is_authenticated):
            return get_response(request)
        request.session.setdefault(STARTED_AT, time.time())
        if _has_ended(request):
            logout(request)
            messages.info(request, _("You have been signed out. Please sign in again."))
        return get_response(request)

    return middleware


# How they are stored (SESSION_ENGINE)


def _digest(session_key):
    """Digest of a session key under SECRET_KEY: 160 bits as 40 hexadecimal digits, the width of Django's column."""
    return salted_hmac("staff.session_store", session_key, algorithm="sha256").hexdigest()[:40]


class SessionStore(db.SessionStore):
    def _get_session_from_db(self):
        session = Session.objects.filter(pk=_digest(self.session_key), expire_date__gt=timezone.now()).first()
        if session is None:
            self._session_key = None
        return session

    def exists(self, session_key):
        return super().exists(_digest(session_key))

    def create_model_instance(self, data):
        row = super().create_model_instance(data)
        row.session_key = _digest(row.session_key)
        return row

    def delete(self, session_key=None):
        key = session_key or self.session_key
        if key:
            super().delete(_digest(key))

    def extend(self):
        """Move the expiry of a session that has not expired to SESSION_COOKIE_AGE seconds from now; the data stay untouched."""
        now = timezone.now()
        row = Session.objects.filter(pk=_digest(self.session_key), expire_date__gt=now)
        row.update(expire_date=now + timedelta(seconds=settings.SESSION_COOKIE_AGE))
