"""The checks of every page behind a signed link, and the page of a supporter's link older than a day."""

from contextlib import nullcontext
from functools import wraps

from django.core import signing
from django.db import transaction
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.crypto.models import Unreadable
from pledges.follows.models import Follow
from pledges.forms.views import link_ended, require_open
from pledges.mail.models import Message
from pledges.serving.http import cookieless_form, personal_page
from pledges.supporters.models import Pledge

# Purposes whose page shows or changes name or address.
NEED_THE_PERSON = (Purpose.MANAGE, Purpose.CERTIFICATE, Purpose.KEEP)


def link_view(model, purpose):
    """Decorate a view with the checks of a signed link; the view gets the row of the model in place of the token.

    Every link that opens nothing gets the same page: tampered, mangled, revoked, of another row, or the row erased. If no key
    opens what the page needs, a page says so, nothing is changed, and `/readyz` raises an alarm.
    """

    def decorator(view):
        @personal_page
        @cookieless_form
        @require_http_methods(["GET", "HEAD", "POST"])
        @sensitive_post_parameters()
        @wraps(view)
        def wrapper(request, token, **kwargs):
            # For base.html, which takes the token out of the address bar. What pages say about a link differs: one of a group or
            # an organisation does not age.
            request.is_personal_link, request.is_contact_link = True, model is not Pledge
            try:
                request.link = links.read(purpose, token)
            except signing.BadSignature:
                return link_ended(request)
            # The signature was checked before anything of the body is read. An upload may come in slowly: nothing is locked yet.
            request.POST  # noqa: B018
            is_post = request.method == "POST"
            # The row is locked, so that a correction cannot restore what a concurrent withdrawal erased.
            with Unreadable.recorded(), transaction.atomic() if is_post else nullcontext():
                rows = model.objects.select_for_update() if is_post else model.objects
                row = rows.find_by_link(purpose, request.link)
                if row is None:
                    return link_ended(request)
                require_open(request, purpose)
                return view(request, row, **kwargs)
            return render(request, "pledges/personal_links/unreadable.html")

        return wrapper

    return decorator


def personal_link_view(purpose):
    """As `link_view`, for a supporter's pledge. A link older than a day gets a page without personal data."""

    def decorator(view):
        @link_view(Pledge, purpose)
        @wraps(view)
        def wrapper(request, pledge):
            if request.link.is_aged:
                return _aged(request, pledge)
            if pledge.is_person_erased and purpose in NEED_THE_PERSON:
                urls = {f"{each}_url": path_from(request, each, pledge) for each in (Purpose.WITHDRAW, Purpose.DATA)}
                return render(request, "pledges/personal_links/person_erased.html", urls)
            return view(request, pledge)

        return wrapper

    return decorator


def confirmed_only(view):
    """Decorate a view for confirmed pledges only; others get the page of links that open nothing."""

    @wraps(view)
    def wrapper(request, pledge):
        if pledge.state != Pledge.State.CONFIRMED:
            return link_ended(request)
        return view(request, pledge)

    return wrapper


def _aged(request, pledge):
    """The page behind a link older than a day: what needs no personal data, and a fresh link to the address on record."""
    if pledge.state == Pledge.State.PENDING:
        return link_ended(request)
    if "withdraw" in request.POST:
        return withdrawn(request, pledge)
    done = None
    if "fresh" in request.POST:
        done = "fresh" if Message.queue(Message.Kind.FRESH, pledge) else None
    elif "end_news" in request.POST:
        # Of the mailbox: it would go on getting the copy of its other pledge.
        Follow.end_news([pledge, *pledge.others_at_address()])
        done = "end_news"
    elif "keep" in request.POST and pledge.keep_person():
        done = "keep"
    return render(request, "pledges/personal_links/link_aged.html", {"pledge": pledge, "done": done})


def withdrawn(request, pledge):
    """Withdraw the pledge; the page that says so."""
    pledge.withdraw()
    return render(request, "pledges/personal_links/withdraw.html", {"done": True})


def links_revoked(request, row, **context):
    """Revoke all links to the row of this one; the page that says so."""
    row.revoke_links()
    return render(request, "pledges/personal_links/links_revoked.html", context)


def path_from(request, purpose, pledge):
    """The path of another page of this pledge, as old as the link that led here."""
    return links.path(purpose, pledge, language=request.LANGUAGE_CODE, issued_at=request.link.issued_at)
