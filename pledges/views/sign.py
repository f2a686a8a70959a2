"""Signing: the form, "check your inbox", and the page for those under 16."""

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from pledges.forms.sign import PledgeForm
from pledges.http import cookieless_form, personal_page, public_form, public_page, read_only, round_response_time
from pledges.models import Attempt, PledgingSettings, Wording
from pledges.network import network


class SeeOther(HttpResponseRedirect):
    """303: go and read the next page; reloading it sends nothing again."""

    status_code = 303


@cookieless_form
@sensitive_post_parameters()
def sign(request):
    """The form. POST answers 303 on success, 422 with the form otherwise, 429 while too many sign from one network."""
    if request.method == "POST":
        return _post(request)
    return _page(request)


@public_form
def _page(request):
    pledging = PledgingSettings.load()
    if not _can_sign(pledging):
        return render(request, "pledges/not_now.html", {"pledging": pledging})
    return render(request, "pledges/sign.html", {"form": PledgeForm(chosen=request.GET.get("sector"))})


@personal_page
@read_only
def through(request, code):
    """The form by a supporter's own link; whether the link still lives is not to be seen."""
    pledging = PledgingSettings.load()
    if not _can_sign(pledging):
        return render(request, "pledges/not_now.html", {"pledging": pledging})
    return render(request, "pledges/sign.html", {"form": PledgeForm(through=code)})


@round_response_time
@personal_page
def _post(request):
    if "no" in request.POST.getlist("over_16"):
        # A child: everything else stays unread.
        return SeeOther(reverse("pledges:under_16"))
    pledging = PledgingSettings.load()
    if not _can_sign(pledging):
        return render(request, "pledges/not_now.html", {"pledging": pledging, "was_sending": True}, status=409)
    form = PledgeForm(request.POST)
    if "switch" in request.POST:
        return _in_other_language(request, form)
    if not form.is_valid():
        form.give_back()
        return render(request, "pledges/sign.html", {"form": form}, status=422)
    signed_from = network(request)
    if not Attempt.admit(signed_from, pledging.network_limit):
        form.give_back()
        response = render(request, "pledges/sign.html", {"form": form, "crowded": True}, status=429)
        response.headers["Retry-After"] = "60"
        return response
    form.save(network=signed_from)
    return SeeOther(reverse("pledges:inbox"))


def _can_sign(pledging):
    return pledging.state == pledging.State.OPEN and Wording.objects.consent().exists()


def _in_other_language(request, form):
    """The half-filled form in the language of this address: what was typed is kept, and nothing is complained about yet."""
    form.give_back()
    # Set before the fields are validated: an unvalidated bound form shows its data without errors.
    form._errors = {}
    return render(request, "pledges/sign.html", {"form": form})


@public_page
def inbox(request):
    """ "Check your inbox": the same for a new, a known and a blocked address."""
    return render(request, "pledges/inbox.html")


@public_page
def under_16(request):
    """Thanks and help for a child; nothing was kept."""
    return render(request, "pledges/under_16.html")
