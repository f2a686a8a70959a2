"""Decorators for public and personal views: cache headers, allowed methods, cross-site protection."""

from functools import wraps

from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

# Time for which a shared cache serves a response without revalidation. Browsers always revalidate, because phones are shared.
SHARED_CACHE_SECONDS = 60
# Time for which a shared cache may serve a stale response while the site is down.
STALE_IF_ERROR_SECONDS = 24 * 3600
PUBLIC_CACHE_CONTROL = (
    f"public, max-age=0, s-maxage={SHARED_CACHE_SECONDS}, stale-while-revalidate=60, "
    f"stale-if-error={STALE_IF_ERROR_SECONDS}"
)
# For pages that must not be served stale: a form that nothing can accept, names that were withdrawn.
NEVER_STALE_CACHE_CONTROL = f"public, max-age=0, s-maxage={SHARED_CACHE_SECONDS}"

NOT_INDEXED = "noindex, nofollow"


def mark_public(response, cache_control=PUBLIC_CACHE_CONTROL):
    """Let shared caches store this response. It must be the same for every visitor."""
    response.headers["Cache-Control"] = cache_control
    return response


def read_only(view):
    """Allow GET and HEAD only. Other methods get a 405; without `csrf_exempt` a POST would get a 403 for its missing token."""
    return csrf_exempt(require_safe(view))


def public_page(view, cache_control=PUBLIC_CACHE_CONTROL):
    """Decorate a view whose page is the same for every visitor: GET and HEAD only; shared caches store a 200."""

    @read_only
    @wraps(view)
    def wrapper(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        return mark_public(response, cache_control) if response.status_code == 200 else response

    return wrapper


def public_form(view):
    """Decorate a public page with a form: caches do not serve it while the site is down."""
    return public_page(view, cache_control=NEVER_STALE_CACHE_CONTROL)


def public_names(view):
    """Decorate a public page with names of supporters: never served stale, not indexed by search engines."""

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response.headers["X-Robots-Tag"] = NOT_INDEXED
        return response

    return public_page(wrapper, cache_control=NEVER_STALE_CACHE_CONTROL)


def in_named_language(view):
    """Activate the language of the URL's `language` argument, for files and frames without a language prefix."""

    @wraps(view)
    def wrapper(request, language, **kwargs):
        with translation.override(language):
            response = view(request, language, **kwargs)
        response.headers["Content-Language"] = language
        return response

    return wrapper


def personal_page(view):
    """Decorate a page behind a personal link, or with submitted input on it: not cached, not indexed."""

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["X-Robots-Tag"] = NOT_INDEXED
        return response

    return wrapper


def is_cross_site(request):
    """Whether the page of another site sent this POST.

    `Sec-Fetch-Site` decides; `Origin` is the fallback for old browsers. A client that sends neither is not a
    browser, so another site cannot misuse it.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and origin.rpartition("//")[2] != request.get_host()


def cookieless_form(view):
    """Replace Django's CSRF token, which needs a cookie: a cross-site POST gets a 403 and stores nothing."""

    @csrf_exempt
    @wraps(view)
    def wrapper(request, *args, **kwargs):
        if request.method == "POST" and is_cross_site(request):
            return render(request, "pledges/cross_site.html", status=403)
        return view(request, *args, **kwargs)

    return wrapper
