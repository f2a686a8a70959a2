"""Organisations that join: the form, and the pages behind the first links of the contact. Their entry is in campaign/views/."""

from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.fixed_pages import fixed_page
from pledges.forms.views import answer, link_ended
from pledges.groups.views import contact_link_view
from pledges.joinings.forms import JoinForm
from pledges.joinings.models import Joining
from pledges.serving.http import cookieless_form, personal_page, public_page


@fixed_page(
    _("Join as an organisation"),
    _("A school, a municipality, an association or a business can stand with the movement."),
    place=80,
)
@cookieless_form
@sensitive_post_parameters()
def form(request):
    """The form. POST is answered with 303 on success, 422 on errors, 429 at the limit of the network."""
    return _post(request) if request.method == "POST" else _page(request)


@public_page(is_form=True)
def _page(request):
    return render(request, "pledges/joinings/join.html", {"form": JoinForm()})


@personal_page
def _post(request):
    def shown(form, status=200, **context):
        return render(request, "pledges/joinings/join.html", {"form": form, **context}, status=status)

    return answer(request, JoinForm(request.POST), shown, "pledges:join_inbox")


@fixed_page(in_sitemap=False)
@public_page
def inbox(request):
    """ "Check your inbox": the same for a new, a known and a blocked address."""
    return render(request, "pledges/joinings/inbox.html")


@contact_link_view(Joining, Purpose.JOINING_CONFIRM)
def confirm(request, joining):
    """The page with the button that confirms the contact's address. GET changes nothing, since mail scanners open links."""
    if request.method == "POST":
        joining.confirm()
        joining.refresh_from_db()
    if joining.state in (Joining.State.CONFIRMED, Joining.State.APPROVED):
        entry = links.path(Purpose.ORGANISATION, joining, request.LANGUAGE_CODE)
        return render(request, "pledges/joinings/confirmed.html", {"joining": joining, "entry": entry})
    if not Joining.objects.submitted().filter(pk=joining.pk).exists():
        return link_ended(request)
    return render(request, "pledges/joinings/confirm.html", {"joining": joining})


@contact_link_view(Joining, Purpose.JOINING_BLOCK)
def block(request, joining):
    """ "It was not me": erase what was sent with the mailbox and never write to it again."""
    if joining.state != Joining.State.SUBMITTED:
        return link_ended(request)
    if request.method == "POST":
        joining.block()
    return render(request, "pledges/groups/block.html", {"done": request.method == "POST", "is_organisation": True})
