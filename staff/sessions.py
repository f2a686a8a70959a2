"""What a session of a member of staff is worth, and when it ends.

It is strong once a second factor was given in it, and only a strong one opens the admin; a weak one leads to the page where the
first second factor is set up. It ends after an hour without a request (settings), twelve hours after signing in, with the
password it began with (Django), and when one of the factors of its beginning is taken away. One that began by a link, to set up
a passkey, ends with the link.
"""

import time

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import logout
from django.utils.translation import gettext as _

from staff.models import Invitation

LONGEST = 12 * 3600  # seconds
FRESH = 300  # seconds
BEGAN = "staff_began"
SHOWN = "staff_shown"
FACTORS = "staff_factors"
INVITATION = "staff_invitation"


def factors_of(user):
    """Ids of what this person can give as a second factor; recovery codes only stand in for one."""
    factors = Authenticator.objects.filter(user_id=user.pk).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return list(factors.order_by("pk").values_list("pk", flat=True))


def begin(request, user):
    """Someone has signed in: the session is strong if a second factor or a passkey was part of it."""
    request.session[BEGAN] = request.session[SHOWN] = time.time()
    records = get_authentication_records(request, user)
    request.session[FACTORS] = factors_of(user) if any(each["method"] == "mfa" for each in records) else []


def strengthen(request):
    """A second factor was set up in this session, or one of several taken away: it stands on those there are now."""
    request.session[SHOWN] = time.time()
    request.session[FACTORS] = factors_of(request.user)


def is_strong(request):
    """Whether a second factor was given in this session."""
    return bool(request.session.get(FACTORS))


def is_fresh(request):
    """Whether it was shown in the last five minutes who sits here: by signing in, a new factor, or giving one again."""
    given = get_authentication_records(request, request.user)
    shown = max([request.session.get(SHOWN, 0), *(each["at"] for each in given)])
    return time.time() - shown < FRESH


def _has_ended(request):
    session = request.session
    if time.time() - session[BEGAN] > LONGEST:
        return True
    if (number := session.get(INVITATION)) and not Invitation.objects.open().filter(pk=number).exists():
        return True
    given, there = session.get(FACTORS, []), factors_of(request.user)
    # Without a second factor a session is only good for setting up the first.
    return not set(given) <= set(there) if given else bool(there)


def end_sessions(get_response):
    """Middleware: end a session whose time has come, before anything is done in it."""

    def middleware(request):
        if request.path_info.startswith("/admin/") and request.user.is_authenticated:
            request.session.setdefault(BEGAN, time.time())
            if _has_ended(request):
                logout(request)
                messages.info(request, _("You were signed out. Please sign in again."))
        return get_response(request)

    return middleware
