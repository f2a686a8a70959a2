"""What holds for every request: the language of the address, safe caching, a kind word when the database is away."""

import logging

from django.conf import settings
from django.db import InterfaceError, OperationalError, connections
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_vary_headers

from pledges.network import network

logger = logging.getLogger(__name__)


# A shared cache must learn that a page is gone or has moved, or it would go on with the old one for ever.
BRIEF = "public, max-age=0, s-maxage=10"


def _is_gone_for_all(request, response):
    """Whether this tells everyone alike that a public page is not here, or somewhere else."""
    if request.method not in ("GET", "HEAD") or request.path_info.startswith("/admin/"):
        return False
    if (match := request.resolver_match) is None:
        # A redirect that no view made may lead to somebody's own link, of which the last slash was lost.
        return response.status_code == 404
    return response.status_code in (301, 404) and "token" not in match.kwargs


def no_store_by_default(get_response):
    """Nothing is kept by a browser or a cache unless its view says so."""

    def middleware(request):
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            response.headers["Cache-Control"] = BRIEF if _is_gone_for_all(request, response) else "private, no-store"
        return response

    return middleware


def cookies_for_staff_only(get_response):
    """Outside the admin a cookie is not even read, so that no page can come to depend on one.

    Django's session middleware answers a malformed session cookie with Set-Cookie and Vary, on any page.
    """

    def middleware(request):
        if not request.path_info.startswith("/admin/"):
            request.COOKIES = {}
        return get_response(request)

    return middleware


def network_for_staff(get_response):
    """In the admin `request.network` is where a request comes from, for counting wrong tries to sign in."""

    def middleware(request):
        if request.path_info.startswith("/admin/"):
            request.network = network(request)
        return get_response(request)

    return middleware


def language_of_the_address(get_response):
    """`/sq/…` is Albanian, `/en/…` English, whatever the browser prefers; only the admin asks the browser.

    Django's LocaleMiddleware would vary public answers by header and redirect by guess.
    """

    def middleware(request):
        in_admin = request.path_info.startswith("/admin/")
        language = translation.get_language_from_path(request.path_info)
        if in_admin:
            language = translation.get_language_from_request(request)
        # `/EN/…` is no page of ours, but its 404 speaks English, too.
        with translation.override((language or settings.LANGUAGE_CODE).lower()):
            request.LANGUAGE_CODE = translation.get_language()
            response = get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        if in_admin:
            patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response

    return middleware


class DatabaseDownMiddleware:
    """When PostgreSQL cannot be reached, a visitor reads so, with the help numbers, and status 503."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        """Answer 503 for a lost connection; every other error stays an error."""
        if not isinstance(exception, (OperationalError, InterfaceError)):
            return None
        logger.error("The database cannot be reached: %s", type(exception).__name__)
        connections.close_all()
        # Without the request: its context processors would ask the database again.
        page = render_to_string("503.html", {"LANGUAGE_CODE": translation.get_language()})
        response = HttpResponse(page, status=503)
        response.headers["Retry-After"] = "60"
        return response
