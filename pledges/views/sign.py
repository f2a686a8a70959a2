"""Signing: the form, "check your inbox", and the page for those under 16."""

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from pledges.content import PledgeContent
from pledges.forms.sign import PledgeForm
from pledges.http import cookieless_form, personal_page, public_page, read_only
from pledges.network import network


class SeeOther(HttpResponseRedirect):
    """303 See Other: the browser loads the next page with GET, and reloading that page sends nothing again."""

    status_code = 303


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
    content = PledgeContent.current()
    if not content.can_sign:
        return render(request, "pledges/not_now.html", {"pledging": content.settings})
    return render(request, "pledges/sign.html", {"form": PledgeForm(chosen=request.GET.get("sector"))})


@personal_page
@read_only
def through(request, code):
    """The form behind a referral link. The page does not tell whether the link is still valid."""
    content = PledgeContent.current()
    if not content.can_sign:
        return render(request, "pledges/not_now.html", {"pledging": content.settings})
    return render(request, "pledges/sign.html", {"form": PledgeForm(through=code)})


@personal_page
def _post(request):
    if "no" in request.POST.getlist("over_16"):
        # Under 16: no other field is read.
        return SeeOther(reverse("pledges:under_16"))
    content = PledgeContent.current()
    if not content.can_sign:
        context = {"pledging": content.settings, "was_submitted": True}
        return render(request, "pledges/not_now.html", context, status=409)
    form = PledgeForm(request.POST)
    if "switch" in request.POST:
        return _in_other_language(request, form)
    if not form.is_valid():
        form.redisplay()
        return render(request, "pledges/sign.html", {"form": form}, status=422)
    if not form.save(network(request), content.settings.network_limit):
        form.redisplay()
        response = render(request, "pledges/sign.html", {"form": form, "is_throttled": True}, status=429)
        response.headers["Retry-After"] = "60"
        return response
    return SeeOther(reverse("pledges:inbox"))


def _in_other_language(request, form):
    """The form with its unvalidated input, in the language of this address."""
    form.redisplay_as_draft()
    return render(request, "pledges/sign.html", {"form": form})


@public_page
def inbox(request):
    """ "Check your inbox": the same for a new, a known and a blocked address."""
    return render(request, "pledges/inbox.html")


@public_page
def under_16(request):
    """Thanks and help for a child; nothing was stored."""
    return render(request, "pledges/under_16.html")
