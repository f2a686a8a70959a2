"""Middleware: language from the path, cache headers, sessions of staff only; the pages of errors, which need no database."""

import logging
import sys
import time
from math import ceil

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import RequestDataTooBig
from django.db import connections
from django.http import HttpResponse
from django.middleware.csp import ContentSecurityPolicyMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin
from django.views.decorators.csrf import requires_csrf_token

from pledges import database, metrics
from pledges.crypto.models import Closed
from pledges.limits.models import network
from pledges.serving import snapshot
from pledges.serving.http import NOT_INDEXED
from staff.accounts import sessions

# For public pages that are missing or have moved. nginx keeps a 404 only in place of a page that it holds (deploy/nginx.conf).
MISSING_PAGE_CACHE_CONTROL = "public, max-age=0, s-maxage=10"
# When a program should ask again; later while keys are being changed.
RETRY_SECONDS = 60

logger = logging.getLogger(__name__)


def _is_for_staff(request):
    return request.path_info.startswith("/admin/")


def _is_public_not_found_or_moved(request, response):
    """Whether the response is a 404 or 301 of a public page and the same for every visitor."""
    if request.method not in ("GET", "HEAD") or _is_for_staff(request):
        return False
    match = request.resolver_match
    if match is None:
        # Not a 301 of CommonMiddleware, which appends the slash that is missing: the URL may be a personal link.
        return response.status_code == 404
    return response.status_code in (301, 404) and "token" not in match.kwargs


def count_requests(get_response):
    """Middleware: count and time the requests that Django answers; weare1.cache does so for the others. The outermost one."""

    def middleware(request):
        began = time.perf_counter()
        response = get_response(request)
        times = metrics.times(metrics.view_of(request), str(response.status_code), "django")
        times.observe(time.perf_counter() - began)
        return response

    return middleware


add_policy = ContentSecurityPolicyMiddleware(lambda request: None).process_response


class SecurityHeadersMiddleware(SecurityMiddleware):
    """The security headers of every response, also of static files and of errors that another middleware raises.

    It is the outermost middleware and only fills in what is missing. SecurityMiddleware itself raises on an invalid host.
    """

    def process_request(self, request):
        """Nothing: the next middleware redirects to HTTPS."""

    def process_response(self, request, response):
        response = super().process_response(request, response)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        # A 304 carries neither of them, because browsers would replace those of the stored page.
        if response.status_code != 304:
            add_policy(request, response)
            if not getattr(response, "xframe_options_exempt", False):
                response.headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        is_page = response.status_code < 300 and "private" in response.get("Cache-Control", "")
        if is_page or response.status_code >= 400:
            response.headers.setdefault("X-Robots-Tag", NOT_INDEXED)
        return response


def no_store_by_default(get_response):
    """Middleware: forbid caching of responses whose view sets no Cache-Control."""

    def middleware(request):
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            policy = (
                MISSING_PAGE_CACHE_CONTROL if _is_public_not_found_or_moved(request, response) else "private, no-store"
            )
            response.headers["Cache-Control"] = policy
        return response

    return middleware


def network_for_staff(get_response):
    """Middleware: set `request.network` (text or None) in the admin, for the rate limits of sign-in."""

    def middleware(request):
        if _is_for_staff(request):
            request.network = network(request)
        return get_response(request)

    return middleware


def refuse_large_bodies(get_response):
    """Middleware: only staff who are signed in send more than a form. Others are refused before the body is read.

    A view that accepts uploads (`pledges.serving.http.accept_uploads`) has a limit of its own, and looks at the link first.
    """

    def middleware(request):
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            if not _is_for_staff(request):
                if int(length) <= _upload_limit(request):
                    return get_response(request)
                raise RequestDataTooBig
            if not (request.user.is_authenticated and sessions.is_strong(request)):
                return redirect(sessions.LOST_URL)
        return get_response(request)

    return middleware


def _upload_limit(request):
    """The bytes that the view of this address takes, or 0 for an ordinary one."""
    try:
        return getattr(resolve(request.path_info).func, "max_body_bytes", 0)
    except Resolver404:
        return 0


def language_from_path(get_response):
    """Middleware: activate the language of the path, `/sq/…` or `/en/…`; in the admin, that of the language cookie or browser.

    Django's LocaleMiddleware would vary public pages by Accept-Language.
    """

    def middleware(request):
        in_admin = _is_for_staff(request)
        language = translation.get_language_from_path(request.path_info)
        if in_admin:
            language = translation.get_language_from_request(request)
        # `/EN/…` is not a page, but its 404 page is in English.
        with translation.override((language or settings.LANGUAGE_CODE).lower()):
            request.LANGUAGE_CODE = translation.get_language()
            response = get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        if in_admin:
            patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response

    return middleware


def one_snapshot_per_request(get_response):
    """Middleware: everything that a request shows is of one version of the content; in the admin of the newest one."""

    def middleware(request):
        in_admin = _is_for_staff(request)
        if in_admin and request.method not in ("GET", "HEAD"):
            # What it reads after its changes has them.
            return get_response(request)
        with snapshot.showing(snapshot.fresh if in_admin else snapshot.shared):
            return get_response(request)

    return middleware


class ForStaff:
    """Mixin: a middleware of Django that works in the admin only. Other pages have no session, user, message or token."""

    def __call__(self, request):
        return super().__call__(request) if _is_for_staff(request) else self.get_response(request)


class StaffSessionMiddleware(ForStaff, SessionMiddleware):
    """Sessions of staff. Every request extends its session.

    SESSION_SAVE_EVERY_REQUEST would write the data too: a slow request would undo what a later one has stored meanwhile.
    """

    def process_response(self, request, response):
        response = super().process_response(request, response)
        if request.session.session_key and not request.session.modified:
            request.session.extend()
        return response


class StaffCsrfMiddleware(ForStaff, CsrfViewMiddleware):
    """CSRF tokens of staff. The forms of the public are protected by pledges.serving.http.cookieless_form."""

    def process_view(self, request, *args):
        return super().process_view(request, *args) if _is_for_staff(request) else None


class StaffAuthenticationMiddleware(ForStaff, AuthenticationMiddleware):
    """`request.user`."""


class StaffMessageMiddleware(ForStaff, MessageMiddleware):
    """Messages to staff."""


class DatabaseDownMiddleware(MiddlewareMixin):
    """Answers 503, with the help numbers, when PostgreSQL is unreachable, locked, too slow, full or read-only."""

    def process_exception(self, request, exception):
        return unavailable(exception) if is_unavailable(exception) else None


# Pages of errors


def is_unavailable(error):
    """Whether the site cannot do now what was asked: because of the database, or while keys are being changed."""
    return database.is_unavailable(error) or isinstance(error, Closed)


def unavailable(error):
    """The 503 page for an error of the database, whose connections are closed, or while keys are being changed."""
    context, wait = {}, RETRY_SECONDS
    if isinstance(error, Closed):
        context = {"opens_at": error.opens_at}
        wait = max(wait, ceil((error.opens_at - timezone.now()).total_seconds()))
    else:
        # Without an SQLSTATE the words are those of the client library about the connection: they hold no value of a row.
        reason = database.sqlstate(error) or " ".join(str(error).split())
        logger.error("the database does not work: %s %s", type(error).__name__, reason)
        if database.refuses_writes(error):
            snapshot.close_forms()
        connections.close_all()
    response = _page("503.html", 503, LANGUAGE_CODE=translation.get_language(), **context)
    response.headers["Retry-After"] = str(wait)
    return response


@requires_csrf_token
def server_error(request):
    """The page for an exception that nothing has caught: 503 for the database, as of middleware, else 500."""
    error = sys.exception()
    if is_unavailable(error):
        return unavailable(error)
    metrics.EXCEPTIONS.labels(metrics.view_of(request)).inc()
    return _page("500.html", 500)


def _page(template, status, **context):
    # Rendered without the request, because its context processors query the database.
    return HttpResponse(render_to_string(template, context), status=status)
