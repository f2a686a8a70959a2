"""Looks at many people and exports: before them the second factor once more, and a typed reason that the audit log keeps."""

import time
from functools import partial
from urllib.parse import urlsplit

from django import forms
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import transaction
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from staff.accounts import sessions

# Different people whom an account may see within WINDOW_SECONDS without a reason.
FREE_PEOPLE = 20
WINDOW_SECONDS = 3600
# How long a reason holds.
REASON_SECONDS = 900

# A session key.
REASON = "staff_reason"  # {"text": str, "at": Unix time, "path": str, "people": [id]}


class ReasonField(forms.CharField):
    """The reason for looking at many people or for an export."""

    def __init__(self, **kwargs):
        defaults = {
            "label": _("Reason"),
            "help_text": _(
                "What you need the names for. It is kept in the record, so do not include a name or address."
            ),
            "min_length": 10,
            "max_length": 200,
            "widget": forms.TextInput(attrs={"autocomplete": "off", "class": "vTextField"}),
        }
        super().__init__(**(defaults | kwargs))


class ReasonForm(forms.Form):
    """The reason for looking at many people."""

    reason = ReasonField()

    def save(self, session, path):
        """Let the reason hold in this session for the page at this path, and for the people that it shows there."""
        text = self.cleaned_data["reason"]
        session[REASON] = {"text": text, "at": time.time(), "path": urlsplit(path).path, "people": []}


def reason_in_force(request, ids):
    """The reason that was given within REASON_SECONDS for this page, or for one from which this person was opened; or ""."""
    given = request.session.get(REASON)
    if given is None or time.time() - given["at"] >= REASON_SECONDS:
        return ""
    is_of_task = request.path == given["path"] or len(ids) == 1 and str(ids[0]) in given["people"]
    return given["text"] if is_of_task else ""


def reason_details(request, ids):
    """The reason in force as details of an audit entry: {"reason": …}, or {}."""
    text = reason_in_force(request, ids)
    return {"reason": text} if text else {}


def admits(request, ids):
    """Whether this account may see these people: a reason is in force, or they are few. Remembers whom it has seen."""
    if reason_in_force(request, ids):
        given = request.session[REASON]
        if new := {*map(str, ids)} - {*given["people"]}:
            request.session[REASON] = given | {"people": [*given["people"], *new]}
        return True
    with transaction.atomic():
        # Not in the session, which a request that is slower writes back: looks at once would not add up.
        User.objects.select_for_update(no_key=True).get(pk=request.user.pk)
        now, key = time.time(), f"people seen by {request.user.pk}"
        seen = {pk: at for pk, at in cache.get(key, {}).items() if now - at < WINDOW_SECONDS}
        seen |= {str(pk): now for pk in ids}
        if is_admitted := len(seen) <= FREE_PEOPLE:
            cache.set(key, seen, WINDOW_SECONDS)
    return is_admitted


# A redirect to give the second factor once more and then go on to a path; None if it was given just now.
ask_for_factor = partial(sessions.ask_again, by_factor=True)


def factor_error(request):
    """The error of a form, which keeps what was typed, when the second factor was given too long ago; else None."""
    response = ask_for_factor(request, reverse("mfa_index"))
    return response and format_html(
        '{} <a href="{}" target="_blank">{}</a>',
        _("Nothing has been saved yet. Confirm again that it is you, in a new window. Then press the button again."),
        response.url,
        _("Confirm that it is you"),
    )


def next_path(request, default):
    """The path of this site in the query that a page leads to next, or `default`."""
    path = request.GET.get(REDIRECT_FIELD_NAME, "")
    return path if url_has_allowed_host_and_scheme(path, allowed_hosts=None) else default
