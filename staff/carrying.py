"""How what was typed travels: from a form without a session through the steps of sign-in, and back into the form.

A redirect would lose a POST. While something is carried, a sign-in view is therefore answered with the next page itself.
"""

from functools import wraps
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import resolve, reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from staff import carried
from staff.accounts import sessions

# URL names of the sign-in pages, whose forms contain the token.
SIGN_IN_PAGES = {
    "account_login",
    "mfa_authenticate",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
}
# A field of a button that only opens another way to sign in.
SHOW = "show"
# Redirects in a row that are answered with their page.
MAX_STEPS = 5


def as_get(request, address):
    """Turn a request into a GET of this local address, with its session and its user."""
    parts = urlsplit(address)
    request.method, request.path, request.path_info = "GET", parts.path, parts.path
    request.GET, request.POST = QueryDict(parts.query), QueryDict()
    request._files = type(request.FILES)()
    request.META = request.META | {"REQUEST_METHOD": "GET", "QUERY_STRING": parts.query, "PATH_INFO": parts.path}
    request.resolver_match = resolve(parts.path)


def show(request, address):
    """The page at a local address as the answer to this request, in place of a redirect to it."""
    as_get(request, address)
    match = request.resolver_match
    return match.func(request, *match.args, **match.kwargs)


def carries(view):
    """Decorate a sign-in view: a token in a POST is taken on into its page, and into the next one."""

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        request.carried = getattr(request, "carried", "") or request.POST.get(carried.FIELD, "")
        if not request.carried:
            return view(request, *args, **kwargs)
        if SHOW in request.POST:
            as_get(request, request.get_full_path())
        response = view(request, *args, **kwargs)
        return _go_on(request, response) if response.status_code == 302 else response

    return wrapper


def _go_on(request, response):
    """The page in place of a redirect: the next sign-in page or, after the last one, that of offer()."""
    request.steps = getattr(request, "steps", 0) + 1
    if request.steps > MAX_STEPS:
        return response
    if resolve(urlsplit(response.url).path).url_name in SIGN_IN_PAGES:
        page = show(request, response.url)
    elif sessions.is_strong(request):
        page = offer(request)
    else:
        return response
    page.cookies.update(response.cookies)
    return page


def offer(request):
    """The page with the button back to the form, for its account; for others a sentence. Needs a strong session."""
    context = {"title": _("What you typed is still here")}
    try:
        context["address"] = carried.unseal(request.carried, request.user).address
    except carried.OtherAccount as refused:
        context |= {"title": _("You are signed in with another account"), "words": refused.words}
    except carried.Refused as refused:
        return refuse(request, refused)
    as_get(request, reverse("mfa_index"))
    return render(request, "staff/carried.html", context)


def refuse(request, refused):
    """Say why nothing is shown, on the page of the form or on the front page."""
    messages.warning(request, refused.words)
    return redirect(refused.page or "admin:index")


def ask_to_sign_in(request):
    """The sign-in page with what this POST has typed; None if it is not known which account has opened the form."""
    try:
        request.carried = request.POST.get(carried.FIELD) or carried.seal(request)
    except carried.TooLong:
        request.is_too_long = True
    else:
        if not request.carried:
            return None
    if request.user.is_authenticated:
        # The account has no second step any more. The page asks to set one up in another tab.
        context = {"title": _("One more step"), "needs_factor": True, "address": request.get_full_path()}
        as_get(request, reverse("account_setup"))
        return render(request, "staff/carried.html", context)
    return show(request, reverse("account_login", query={"next": request.path}))


def ask_again(request, url):
    """Redirect to a page that confirms who is signed in; the answer to a POST is that page, with what was typed."""
    if request.method == "POST":
        try:
            request.carried = carried.seal(request)
        except carried.TooLong:
            request.carried = None
        if request.carried:
            return show(request, url)
    return redirect(url)


def unpack(request):
    """The answer to a POST with a token, at the address it was typed at: what the token holds, or why it is not shown."""
    try:
        found = carried.unseal(request.POST[carried.FIELD], request.user)
        if found.address != request.get_full_path():
            raise carried.Refused(carried.UNREADABLE)
    except carried.Refused as refused:
        return refuse(request, refused)
    return bring_back(request, found)


def bring_back(request, found):
    """The form of a Carried as it was typed, unsaved. Where no form can show it: a page that shows it and sends it again."""
    request.carried = ""
    request.typed, request.is_typed_shown = found.typed(), False
    response = show(request, found.address)
    # A form that is read-only now does not show it.
    if response.status_code == 200 and request.is_typed_shown and hasattr(response, "render"):
        messages.warning(request, _("This is what you typed. It has not been saved yet: check it, then save it."))
        if found.files:
            messages.warning(request, choose_again(found.files))
        return response
    context = {
        "title": _("This is what you typed"),
        "carried": found,
        "texts": [value for _name, value in found.fields if len(value.split()) > 1],
        "files": choose_again(found.files) if found.files else "",
    }
    as_get(request, found.address)
    return render(request, "staff/typed.html", context)


def choose_again(names):
    """The sentence about files that a browser does not send a second time."""
    return _("Choose these files again, because the browser does not send them a second time: %(names)s") % {
        "names": ", ".join(dict.fromkeys(names))
    }


def _is_carried_from(address):
    """Whether what is typed at this address is carried: at those of the admin, but not when signing out."""
    match = resolve(urlsplit(address).path)
    return match.namespace == "admin" and match.url_name != "logout"


def _is_from_this_site(request):
    """Whether a page of this site sent the request, as the browser says."""
    own = f"{request.scheme}://{request.get_host()}"
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    try:
        sender = urlsplit(request.headers.get("origin") or request.headers.get("referer", ""))
    except ValueError:
        # Such as "http://[".
        return False
    return f"{sender.scheme}://{sender.netloc}" == own


@sensitive_post_parameters()
def csrf_failure(request, reason=""):
    """The answer to a POST without a valid CSRF token: what was typed, unsaved, if its account is signed in; else a sentence.

    The POST is not executed. The sender is checked a second time by its Origin, and the form by its signature.
    """
    if _is_from_this_site(request) and request.user.is_authenticated and sessions.is_strong(request):
        try:
            token = request.POST.get(carried.FIELD) or carried.seal(request)
            found = carried.unseal(token, request.user) if token else None
        except (carried.Refused, carried.TooLong):
            found = None
        if found and _is_carried_from(found.address):
            return bring_back(request, found)
    return render(request, "403_csrf.html", status=403)
