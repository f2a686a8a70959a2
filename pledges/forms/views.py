"""What all public forms answer: 303 to the page after sending, 422 on errors, 429 at the limit of the network."""

from datetime import timedelta
from math import ceil

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from pledges.content import PledgeContent
from pledges.crypto import challenges
from pledges.crypto.links import Purpose
from pledges.forms.base import StampedForm
from pledges.limits.models import UNKNOWN, network
from pledges.serving import snapshot
from pledges.serving.http import cookieless_form, personal_page, public_page

# What ends something: at any time, also while keys are being changed.
ENDING_PURPOSES = {
    Purpose.WITHDRAW,
    Purpose.BLOCK,
    Purpose.BLOCK_NEW_ADDRESS,
    Purpose.STOP_NEW_ADDRESS,
    Purpose.END_EMAILS,
    Purpose.GROUP_BLOCK,
    Purpose.JOINING_BLOCK,
}
ENDING_BUTTONS = {"withdraw", "leave", "remove", "revoke", "end", "end_news"}

# For programs that send forms. A person does not need to wait.
RETRY_AFTER = timedelta(minutes=1)


class SeeOther(HttpResponseRedirect):
    """303 See Other: the browser loads the next page with GET, and reloading that page sends nothing again."""

    status_code = 303


def is_under_16(request):
    """Whether the form says so. Then no other field of it is read."""
    return "no" in request.POST.getlist("over_16")


def closed(request):
    """The page that says that nobody can sign now, or None."""
    content, is_sent = PledgeContent.current(), request.method == "POST"
    if content.can_sign:
        return None
    context = {"pledging": content.settings, "was_submitted": is_sent}
    return render(request, "pledges/signing/not_now.html", context, status=409 if is_sent else 200)


def shown_on(request, template):
    """A function of a form that shows it on the page of this template, as `answer` takes it."""

    def shown(form, status=200, **context):
        return render(request, template, {"form": form, **context}, status=status)

    return shown


def form_view(template, form_class, arrived, instead=lambda request: None):
    """A view with a public form of this class on the page of this template. Arguments of the address go to the form.

    GET is a page that caches keep. POST is answered as by `answer`. `instead(request)` may answer both without the form.
    """

    @public_page(is_form=True)
    def page(request, **arguments):
        return instead(request) or shown_on(request, template)(form_class(**arguments))

    @personal_page
    def sent(request, **arguments):
        form = form_class(request.POST, **arguments)
        return instead(request) or answer(request, form, shown_on(request, template), arrived)

    @cookieless_form
    @sensitive_post_parameters()
    def view(request, **arguments):
        return (sent if request.method == "POST" else page)(request, **arguments)

    return view


def answer(request, form, shown, arrived):
    """The response to a form that was sent: 303 to the view named `arrived`, 422 on errors, 429 at the limit of the network.

    `arrived` may be a function of the Receipt instead, which returns the response.
    `shown(form, status=200, **context)` is the page with the form. The data may hold the solution of a challenge (`altcha`) or
    ask for the slow lane (`slow`), which is for browsers that cannot solve one.
    """
    if "switch" in request.POST and isinstance(form, StampedForm):
        # The button of the language switch sends the form too.
        form.redisplay_as_draft()
        return shown(form)
    receipt = _store(request, form) if form.is_valid() else None
    if form.errors:
        form.redisplay()
        return shown(form, status=422)
    if not receipt:
        return _with_challenge(request, form, shown, receipt)
    # The page after sending is the same for everyone. The fragment shows its sentence about the slow lane.
    return arrived(receipt) if callable(arrived) else SeeOther(reverse(arrived) + ("#later" if receipt.moment else ""))


def _store(request, form):
    """Store a valid form; returns the Receipt. Above the limit it needs a solution, or a place in the slow lane."""
    pledging = PledgeContent.current().settings
    everyone, solution = pledging.challenge_everyone, request.POST.get("altcha", "")
    return form.save(
        network(request) or (UNKNOWN if everyone else None),
        0 if everyone else pledging.network_limit,
        solved=challenges.read(solution, form.form_id),
        slow_lane=pledging.slow_lane if "slow" in request.POST else None,
    )


def _with_challenge(request, form, shown, receipt):
    """The form that was not stored, with a challenge. A full slow lane says in `receipt.moment` when it has a place again."""
    form.redisplay()
    challenge = {"is_repeated": bool(request.POST.get("altcha")), "free_at": receipt.moment}
    response = shown(form, status=429, challenge=challenge)
    wait = receipt.moment - timezone.now() if receipt.moment else RETRY_AFTER
    response.headers["Retry-After"] = str(max(1, ceil(wait.total_seconds())))
    return response


def require_open(request, purpose):
    """Raise Closed while keys are being changed, for a POST behind a link of this purpose that may do more than end something."""
    ends = purpose in ENDING_PURPOSES or request.POST and request.POST.keys() <= ENDING_BUTTONS
    if request.method == "POST" and not ends:
        snapshot.require_open()


def link_ended(request, status=200):
    """The page of every link that opens nothing, which offers a new one."""
    return render(request, "pledges/forms/link_ended.html", status=status)
