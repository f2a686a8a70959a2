"""Signing: the form, "check your inbox", and the page for those under 16."""

from functools import partial

from django.http import Http404, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters

from pledges.content import PledgeContent
from pledges.counting import tally
from pledges.crypto import challenges
from pledges.figures.mosaic import mosaic
from pledges.fixed_pages import fixed_page
from pledges.forms.base import ChallengedForm
from pledges.forms.views import SeeOther, answer, closed, is_under_16
from pledges.languages import in_each_language
from pledges.serving.http import cookieless_form, personal_page, public_page, read_only
from pledges.signing.forms import PledgeForm


def _title():
    return PledgeContent.current().settings.not_now or gettext("Sign the pledge")


@fixed_page(_title, texts=("pledge_shared",), place=50)
@cookieless_form
@sensitive_post_parameters()
def sign(request):
    """The form. POST is answered with 303 on success, 422 on errors, 429 at the limit of the network, 409 while closed."""
    if request.method == "POST":
        return _post(request)
    return _page(request)


def _known_sector(slug):
    return slug if slug in PledgeContent.current().open_sectors else ""


@public_page(is_form=True, parameters={"sector": _known_sector})
def _page(request):
    return closed(request) or _shown(request, PledgeForm(initial={"sector": request.GET.get("sector")}), tally.read())


def _shown(request, form, totals, *, status=200, is_invited=False, **context):
    """The page with this form, and with the 1 of these totals beside it, or above it for those whom a friend invites."""
    context |= {"form": form, "totals": totals, "mosaic": mosaic(totals.sectors, totals.goal.people)}
    context["is_invited"] = is_invited or form.is_invited
    if form.of_event:
        context |= {"event": form.of_event, "counts_for_event": form.counts_for_event}
    return render(request, "pledges/signing/sign.html", context, status=status)


@public_page(is_form=True)
def at_event(request, code):
    """The form behind the link of an event; that of a code that no event has leads to the form without one."""
    if code not in PledgeContent.current().events_by_code:
        return HttpResponseRedirect(reverse("pledges:sign"))
    # Search engines know the form by one address, and the input goes there.
    request.alternates = in_each_language(partial(reverse, "pledges:sign"))
    return closed(request) or _shown(request, PledgeForm(initial={"event": code}), tally.read())


@public_page(is_form=True)
def from_a_friend(request):
    """The friend's page without a code: where the links lead that pages and messages offer to pass on."""
    # As that of an event.
    request.alternates = in_each_language(partial(reverse, "pledges:sign"))
    return closed(request) or _shown(request, PledgeForm(), tally.read(), is_invited=True)


@personal_page
@read_only
def through(request, code):
    """The form behind a referral link. The page does not tell whether the link is still valid."""
    return closed(request) or _shown(request, PledgeForm(initial={"through": code}), tally.read())


@personal_page
def _post(request):
    if is_under_16(request):
        return SeeOther(reverse("pledges:under_16"))
    if response := closed(request):
        return response

    def shown(form, **context):
        return _shown(request, form, tally.read(), **context)

    return answer(request, PledgeForm(request.POST), shown, "pledges:inbox")


@fixed_page(in_sitemap=False)
@public_page
def inbox(request):
    """ "Check your inbox": the same for a new, a known and a blocked address."""
    return render(request, "pledges/signing/inbox.html")


@fixed_page(in_sitemap=False)
@public_page
def under_16(request):
    """Thanks and help for a child; nothing was stored."""
    return render(request, "pledges/signing/under_16.html")


@personal_page
@read_only
def challenge(request, form):
    """A fresh challenge for the form with this id, as JSON in the ALTCHA format. 404 if there is no such form."""
    if form not in ChallengedForm.ids:
        raise Http404
    return JsonResponse(challenges.issue(form))
