"""Signing: the form, "check your inbox", and the page for those under 16."""

from datetime import timedelta
from functools import partial
from math import ceil

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from pledges import metrics
from pledges.content import PledgeContent
from pledges.crypto import challenges
from pledges.figures.mosaic import mosaic
from pledges.fixed_pages import fixed_page
from pledges.forms.sign import PledgeForm
from pledges.http import cookieless_form, personal_page, public_page, read_only
from pledges.languages import in_each_language
from pledges.models import Minute
from pledges.models.attempts import UNKNOWN
from pledges.network import network
from pledges.snapshot import Depth
from pledges.totals import minutes, tally

# For programs that send forms. A person does not need to wait.
RETRY_AFTER = timedelta(minutes=1)


class SeeOther(HttpResponseRedirect):
    """303 See Other: the browser loads the next page with GET, and reloading that page sends nothing again."""

    status_code = 303


def _title():
    return PledgeContent.current().settings.not_now or gettext("Sign the pledge")


@fixed_page(_title, texts=("pledge_shared",), label=gettext_lazy("Sign the pledge"), place=50, footer=(1, 20))
@cookieless_form
@sensitive_post_parameters()
def sign(request):
    """The form. POST is answered with 303 on success, 422 on errors, 429 at the limit of the network, 409 while closed."""
    if request.method == "POST":
        return _post(request)
    return _page(request)


def _known_sector(slug):
    return slug if slug in PledgeContent.current().open_sectors else ""


@public_page(is_form=True, figures=Depth.TOTALS, parameters={"sector": _known_sector})
def _page(request):
    content = PledgeContent.current()
    if not content.can_sign:
        return render(request, "pledges/not_now.html", {"pledging": content.settings})
    return _shown(request, PledgeForm(chosen=request.GET.get("sector")), tally.shown())


def _shown(request, form, totals, *, status=200, **context):
    """The page with this form, and with the 1 of these totals beside or above it."""
    goal = PledgeContent.current().goal_above(totals.total).people
    context |= {"form": form, "totals": totals, "mosaic": mosaic(totals.sectors, goal)}
    if form.of_event:
        context |= {"event": form.of_event, "counts_for_event": form.counts_for_event}
    return render(request, "pledges/sign.html", context, status=status)


@public_page(is_form=True, figures=Depth.TOTALS)
def at_event(request, code):
    """The form behind the link of an event; that of a code that no event has leads to the form without one."""
    content = PledgeContent.current()
    if code not in content.events_by_code:
        return HttpResponseRedirect(reverse("pledges:sign"))
    # Search engines know the form by one address, and the input goes there.
    request.alternates = in_each_language(partial(reverse, "pledges:sign"))
    if not content.can_sign:
        return render(request, "pledges/not_now.html", {"pledging": content.settings})
    return _shown(request, PledgeForm(event=code), tally.shown())


@personal_page
@read_only
def through(request, code):
    """The form behind a referral link. The page does not tell whether the link is still valid."""
    totals, content = tally.read(), PledgeContent.current()
    if not content.can_sign:
        return render(request, "pledges/not_now.html", {"pledging": content.settings})
    return _shown(request, PledgeForm(through=code), totals)


@personal_page
def _post(request):
    if is_under_16(request):
        return SeeOther(reverse("pledges:under_16"))
    content = PledgeContent.current()
    if not content.can_sign:
        context = {"pledging": content.settings, "was_submitted": True}
        return render(request, "pledges/not_now.html", context, status=409)

    def shown(form, **context):
        return _shown(request, form, tally.read(), **context)

    return answer(request, PledgeForm(request.POST), shown, "pledges:inbox")


def is_under_16(request):
    """Whether the form says so. Then no other field of it is read."""
    return "no" in request.POST.getlist("over_16")


def answer(request, form, shown, arrived):
    """The response to a form that was sent: 303 to the view named `arrived`, 422 on errors, 429 at the limit of the network.

    `shown(form, status=200, **context)` is the page with the form. The data may hold the solution of a challenge (`altcha`) or
    ask for the slow lane (`slow`), which is for browsers that cannot solve one.
    """
    if "switch" in request.POST:
        return _as_draft(form, shown)
    if not form.is_valid():
        return _with_errors(form, shown)
    if receipt := _store(request, form):
        return _stored(receipt, arrived)
    return _with_challenge(request, form, shown, receipt)


def _as_draft(form, shown):
    """The button of the language switch sends the form too: its input comes back unvalidated, in the language of this address."""
    form.redisplay_as_draft()
    return shown(form)


def _with_errors(form, shown):
    form.redisplay()
    return shown(form, status=422)


def _store(request, form):
    """Store a valid form; returns the Receipt. Above the limit it needs a solution, or a place in the slow lane."""
    pledging = PledgeContent.current().settings
    everyone, solution = pledging.challenge_everyone, request.POST.get("altcha", "")
    receipt = form.save(
        network(request) or (UNKNOWN if everyone else None),
        0 if everyone else pledging.network_limit,
        solved=challenges.read(solution, form.form_id),
        slow_lane=pledging.slow_lane if "slow" in request.POST else None,
    )
    if solution:
        metrics.CHALLENGES.labels("accepted" if receipt else "refused").inc()
    return receipt


def _stored(receipt, arrived):
    """The page after sending is the same for everyone. The fragment shows its sentence about the slow lane."""
    return SeeOther(reverse(arrived) + ("#later" if receipt.moment else ""))


def _with_challenge(request, form, shown, receipt):
    """The form that was not stored, with a challenge. A full slow lane says in `receipt.moment` when it has a place again."""
    has_solution, is_slow = bool(request.POST.get("altcha")), "slow" in request.POST
    # Refused are a solution that is not valid and a form without a place in the slow lane.
    kind = Minute.Kind.REFUSAL if has_solution or is_slow else Minute.Kind.CHALLENGE
    minutes.count(kind, form.cleaned_data["email"])
    form.redisplay()
    challenge = {"is_repeated": has_solution, "free_at": receipt.moment}
    response = shown(form, status=429, challenge=challenge)
    wait = receipt.moment - timezone.now() if receipt.moment else RETRY_AFTER
    response.headers["Retry-After"] = str(max(1, ceil(wait.total_seconds())))
    return response


@fixed_page(in_sitemap=False)
@public_page
def inbox(request):
    """ "Check your inbox": the same for a new, a known and a blocked address."""
    return render(request, "pledges/inbox.html")


@fixed_page(in_sitemap=False)
@public_page
def under_16(request):
    """Thanks and help for a child; nothing was stored."""
    return render(request, "pledges/under_16.html")
