"""How public and personal pages travel: what caches may keep, and which forms may come from elsewhere."""

import time
from functools import wraps

from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

# Seconds a shared cache answers for us; browsers ask again each time (a shared phone keeps little).
SHARED_CACHE = 60
# Seconds a shared cache may go on when we are down.
STALE_IF_ERROR = 24 * 3600
PUBLIC = f"public, max-age=0, s-maxage={SHARED_CACHE}, stale-while-revalidate=60, stale-if-error={STALE_IF_ERROR}"


# A form that cannot be taken must not be offered, and a name that was taken back not be shown: kept as long, not a moment longer.
NEVER_STALE = f"public, max-age=0, s-maxage={SHARED_CACHE}"

NOT_INDEXED = "noindex, nofollow"

# Seconds: far more than what a known address takes longer than a new one.
STEP = 0.05


def mark_public(response, kept=PUBLIC):
    """Let shared caches keep this response: it is the same for everyone."""
    response.headers["Cache-Control"] = kept
    return response


def read_only(view):
    """GET and HEAD only. Anything else is a 405, not a question for a token that nobody here was given."""
    return csrf_exempt(require_safe(view))


def public_page(view, kept=PUBLIC):
    """A page that is the same for everyone: GET and HEAD only, kept by shared caches."""

    @read_only
    @wraps(view)
    def wrapper(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        return mark_public(response, kept) if response.status_code == 200 else response

    return wrapper


def public_form(view):
    """A public page with a form that must not outlive us."""
    return public_page(view, kept=NEVER_STALE)


def public_names(view):
    """A public page with names of people: whoever takes theirs back is gone from it, and no search engine keeps it."""

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response.headers["X-Robots-Tag"] = NOT_INDEXED
        return response

    return public_page(wrapper, kept=NEVER_STALE)


def in_named_language(view):
    """A file or frame whose address names its language as a part (`language`) and not as its beginning."""

    @wraps(view)
    def wrapper(request, language, **kwargs):
        with translation.override(language):
            response = view(request, language, **kwargs)
        response.headers["Content-Language"] = language
        return response

    return wrapper


def personal_page(view):
    """A page behind someone's own link, or with typed words in it: kept by nobody, found by no search engine."""

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["X-Robots-Tag"] = NOT_INDEXED
        return response

    return wrapper


def from_elsewhere(request):
    """Whether a POST was sent by another site's page.

    Sec-Fetch-Site decides where the browser sends it; Origin only where it does not (old phones). A client that sends neither
    is not a browser another site could misuse.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and origin.rpartition("//")[2] != request.get_host()


def cookieless_form(view):
    """A form without cookie and token: a POST from another site's page is refused and stores nothing."""

    @csrf_exempt
    @wraps(view)
    def wrapper(request, *args, **kwargs):
        if request.method == "POST" and from_elsewhere(request):
            return render(request, "pledges/cross_site.html", status=403)
        return view(request, *args, **kwargs)

    return wrapper


def in_even_time(view):
    """A form taken is answered after whole steps of time: how long it took must not tell who is known here."""

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        began = time.perf_counter()
        response = view(request, *args, **kwargs)
        if response.status_code == 303:
            time.sleep((began - time.perf_counter()) % STEP)
        return response

    return wrapper
