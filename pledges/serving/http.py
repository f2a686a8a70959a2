"""Decorators for public and personal views: cache headers, allowed methods, cross-site protection.

A public page has the same bytes for an equal state of what it depends on (`Page`), also in another process.
"""

import hashlib
from dataclasses import dataclass
from functools import cache, partial, wraps
from pathlib import Path

import django
from django.conf import settings
from django.http import QueryDict
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from pledges import metrics
from pledges.crypto import stamps
from pledges.serving import snapshot

# Time for which a shared cache serves a response without revalidation, and after which it serves it again while it fetches
# the new one. With the second in which a process notices a change (STATE_SECONDS), the public sees it within five seconds.
# Browsers always revalidate, because phones are shared.
SHARED_CACHE_SECONDS, REVALIDATE_SECONDS = 2, 1
# Time for which a shared cache may serve a stale response while the site is down.
STALE_IF_ERROR_SECONDS = 24 * 3600
PUBLIC_CACHE_CONTROL = (
    f"public, max-age=0, s-maxage={SHARED_CACHE_SECONDS}, stale-while-revalidate={REVALIDATE_SECONDS}, "
    f"stale-if-error={STALE_IF_ERROR_SECONDS}"
)
# For pages that must not be served stale: a form that nothing can accept, names that were withdrawn.
NEVER_STALE_CACHE_CONTROL = f"public, max-age=0, s-maxage={SHARED_CACHE_SECONDS}"

NOT_INDEXED = "noindex, nofollow"
# The files of a release that affect pages.
RELEASE_SUFFIXES = (".py", ".html", ".svg", ".txt", ".mo", ".json", ".ttf")


@cache
def release():
    """A digest of everything in a release that affects pages: code, templates, catalogues, static file names."""
    digest = hashlib.sha256(f"{django.__version__} {settings.SITE_URL}".encode())
    root = Path(settings.BASE_DIR)
    files = [path for folder in settings.RELEASE_FOLDERS for path in (root / folder).rglob("*")]
    files += [Path(settings.STATIC_ROOT) / "staticfiles.json", root / "requirements.txt"]
    for path in sorted(path for path in files if path.suffix in RELEASE_SUFFIXES and path.is_file()):
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Page:
    """A public page: its path with the parameters that it knows, the name of its view, and what it shows."""

    address: str
    view: str
    has_figures: bool
    is_form: bool
    is_data: bool

    def state(self, now):
        """Everything that the page depends on in the Snapshot `now`, beside the release and its address."""
        figures = now.figures
        # A page says of which minute its figures are.
        shown = (figures.version, int(figures.as_of.timestamp()) // 60) if self.has_figures else ()
        return now.content.key, *shown, *((stamps.window(),) if self.is_form else ())

    def etag(self, state):
        """The ETag. Open data are equivalent when only their time differs: theirs is weak and without the minute."""
        state = state[:2] if self.is_data else state
        digest = hashlib.sha256("\0".join([release(), self.address, *map(str, state)]).encode()).hexdigest()[:32]
        return f'W/"{digest}"' if self.is_data else f'"{digest}"'


def mark_public(response, cache_control=PUBLIC_CACHE_CONTROL):
    """Let shared caches store this response. It must be the same for every visitor."""
    response.headers["Cache-Control"] = cache_control
    return response


def read_only(view):
    """Allow GET and HEAD only. Other methods get a 405; without `csrf_exempt` a POST would get a 403 for its missing token."""
    return csrf_exempt(require_safe(view))


def public_page(view=None, *, parameters=None, is_form=False, is_data=False):
    """Decorate a view whose page is the same for every visitor: GET and HEAD only; weare1.cache keeps a 200.

    `parameters` are the query parameters that the view reads, by name, each with a function from the given text to the value
    that the view gets, "" for none; all others are removed. A page with a form (`is_form`) contains a stamp, and is served
    neither by caches while the site is down nor by the site while its database is. The ETag of open data (`is_data`) leaves out
    the time. In the preview of a draft it is the bare view, which nothing keeps.
    """
    if view is None:
        return partial(public_page, parameters=parameters, is_form=is_form, is_data=is_data)

    @read_only
    @wraps(view)
    def public(request, *args, **kwargs):
        address = _reduce_to_known(request, parameters or {})
        if is_form:
            snapshot.require_database()
            snapshot.require_open()
        response = _rendered(view(request, *args, **kwargs))
        if response.status_code != 200:
            return response
        now = snapshot.current()
        page = Page(address, metrics.view_of(request), snapshot.shows_figures(), is_form, is_data)
        state = page.state(now)
        response.headers["ETag"] = page.etag(state)
        # For weare1.cache, which compares the ETag: it needs the whole response.
        response.page = page, state, now.read_at
        if request.META.pop("HTTP_IF_NONE_MATCH", None) is not None:
            request.META.pop("HTTP_IF_MODIFIED_SINCE", None)
        return mark_public(response, NEVER_STALE_CACHE_CONTROL if is_form else PUBLIC_CACHE_CONTROL)

    @wraps(public)
    def wrapper(request, *args, **kwargs):
        shown = view if snapshot.is_unpublished() else public
        return _rendered(shown(request, *args, **kwargs))

    return wrapper


def _reduce_to_known(request, parameters):
    """Remove unknown query parameters from the request, so that they cannot enter the page; returns its address."""
    if request.META.get("QUERY_STRING"):
        values = {name: clean(request.GET.get(name, "")) for name, clean in parameters.items()}
        known = QueryDict(mutable=True)
        known.update({name: value for name, value in values.items() if value})
        request.GET, request.META["QUERY_STRING"] = known, known.urlencode()
    return request.get_full_path()


def _rendered(response):
    """The response; a TemplateResponse, such as Django's sitemap, is rendered first."""
    return response.render() if hasattr(response, "render") else response


def public_names(view):
    """Decorate a public page with names of supporters: neither kept nor served stale, not indexed by search engines."""

    @read_only
    @wraps(view)
    def wrapper(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response.headers["X-Robots-Tag"] = NOT_INDEXED
        return mark_public(response, NEVER_STALE_CACHE_CONTROL) if response.status_code == 200 else response

    return wrapper


def in_named_language(view):
    """Activate the language of the URL's `language` argument, for files and frames without a language prefix."""

    @wraps(view)
    def wrapper(request, language, **kwargs):
        with translation.override(language):
            response = view(request, language, **kwargs)
        response.headers["Content-Language"] = language
        return response

    return wrapper


def embeddable(view):
    """Let pages of other sites show the file or frame (Cross-Origin-Resource-Policy). The default is this site only."""

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
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
    site, origin = request.META.get("HTTP_SEC_FETCH_SITE"), request.META.get("HTTP_ORIGIN")
    if site is not None or origin is None:
        return site not in ("same-origin", "none", None)
    # Browsers leave the default port out of both.
    return origin != f"{request.scheme}://{request.get_host()}"


def accept_uploads(max_bytes):
    """Let a view take a body of up to `max_bytes`, which `weare1.middleware.refuse_large_bodies` refuses elsewhere.

    The view checks the signature of its link before it reads anything of the body.
    """

    def decorator(view):
        view.max_body_bytes = max_bytes
        return view

    return decorator


def cookieless_form(view):
    """Replace Django's CSRF token, which needs a cookie: a cross-site POST gets a 403 and stores nothing."""

    @csrf_exempt
    @wraps(view)
    def wrapper(request, *args, **kwargs):
        if request.method == "POST":
            if is_cross_site(request):
                return render(request, "pledges/forms/cross_site.html", status=403)
            if not snapshot.current().is_read_only:
                # Otherwise the database itself refuses, with its reason.
                snapshot.require_database()
        return view(request, *args, **kwargs)

    return wrapper
