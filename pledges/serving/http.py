"""Decorators for public and personal views: cache headers, allowed methods, cross-site protection."""

from dataclasses import replace
from functools import partial, wraps
from urllib.parse import urlsplit

from django.http import QueryDict
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from pledges.serving import kept_pages, snapshot
from pledges.serving.kept_pages import PublicPage
from pledges.serving.moments import Depth

# Time for which a shared cache serves a response without revalidation, and after which it serves it once more while it fetches
# the new one: staff see a change on the next request, the public within ten seconds. Browsers always revalidate, because phones
# are shared.
SHARED_CACHE_SECONDS = REVALIDATE_SECONDS = 5
# Time for which a shared cache may serve a stale response while the site is down.
STALE_IF_ERROR_SECONDS = 24 * 3600
PUBLIC_CACHE_CONTROL = (
    f"public, max-age=0, s-maxage={SHARED_CACHE_SECONDS}, stale-while-revalidate={REVALIDATE_SECONDS}, "
    f"stale-if-error={STALE_IF_ERROR_SECONDS}"
)
# For pages that must not be served stale: a form that nothing can accept, names that were withdrawn.
NEVER_STALE_CACHE_CONTROL = f"public, max-age=0, s-maxage={SHARED_CACHE_SECONDS}"

NOT_INDEXED = "noindex, nofollow"

DEFAULT_PORTS = {"http": 80, "https": 443}


def mark_public(response, cache_control=PUBLIC_CACHE_CONTROL):
    """Let shared caches store this response. It must be the same for every visitor."""
    response.headers["Cache-Control"] = cache_control
    return response


def read_only(view):
    """Allow GET and HEAD only. Other methods get a 405; without `csrf_exempt` a POST would get a 403 for its missing token."""
    return csrf_exempt(require_safe(view))


def public_page(view=None, *, figures=Depth.NONE, parameters=None, is_form=False, is_data=False):
    """Decorate a view whose page is the same for every visitor: GET and HEAD only; a 200 is kept and cached.

    `figures` are those that the page shows, at most TALLY_PATIENCE_SECONDS old: a Depth, or a function from the arguments of the
    view to Depth.NONE or Depth.TOTALS. Open data (`is_data`) show those of now.
    `parameters` are the query parameters that the view reads, by name, each with a function from the given text to the value
    that the view gets, "" for none; all others are removed. A page with a form (`is_form`) contains a stamp, and is served
    neither by caches while the site is down nor by the site while its database is.
    """
    if view is None:
        return partial(public_page, figures=figures, parameters=parameters, is_form=is_form, is_data=is_data)
    cache_control = NEVER_STALE_CACHE_CONTROL if is_form else PUBLIC_CACHE_CONTROL

    @read_only
    @wraps(view)
    def wrapper(request, *args, **kwargs):
        try:
            return respond(request, *args, **kwargs)
        except snapshot.Outdated:
            # Once more, with the moment of now.
            return respond(request, *args, **kwargs)

    def respond(request, *args, **kwargs):
        depth = Depth.TOTALS if callable(figures) else figures
        page = PublicPage(_reduce_to_known(request, parameters or {}), depth, is_form, is_data)
        # Read by weare1.front, or anew after Outdated.
        read_for, moment = request.environ.pop("public_moment", (None, None))
        if read_for != page:
            moment = page.read_moment()
        snapshot.show(moment)
        if callable(figures):
            # Known only with the content. The page depends on no figures that it does not show.
            page = replace(page, figures=figures(*args, **kwargs))
        if is_form:
            snapshot.require_database()
        state = page.state(moment)
        etag = page.etag(state)
        response = get_conditional_response(request, etag=etag)
        if response is None:
            response = kept_pages.kept.get_or_render(
                page.address, page.key(state), lambda: _rendered(view(request, *args, **kwargs))
            )
        if response.status_code not in (200, 304):
            return response
        response.headers["ETag"] = etag
        # For weare1.front, which answers the next requests.
        request.environ["public_page"] = (page, state)
        return mark_public(response, cache_control)

    return _or_unpublished(wrapper, view)


def _or_unpublished(public, view):
    """The public view; in the preview of a draft the bare one, whose page is neither kept nor cached."""

    @wraps(public)
    def wrapper(request, *args, **kwargs):
        if snapshot.is_unpublished():
            return _rendered(view(request, *args, **kwargs))
        return public(request, *args, **kwargs)

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
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and _parsed_origin(origin) != _parsed_origin(f"{request.scheme}://{request.get_host()}")


def _parsed_origin(url):
    """(scheme, host, port), with the default port of the scheme where none is given; None for a malformed URL."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None


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
            snapshot.require_database()
        return view(request, *args, **kwargs)

    return wrapper
