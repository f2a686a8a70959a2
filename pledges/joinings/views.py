"""Organisations that join: the form, and the pages behind the first links of the contact. Their entry is in campaign/views/."""

from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.fixed_pages import fixed_page
from pledges.forms.views import form_view, link_ended
from pledges.groups.views import block_view
from pledges.joinings.forms import JoinForm
from pledges.joinings.models import Joining
from pledges.personal_links import link_view
from pledges.serving.http import public_page

form = fixed_page(
    _("Join as an organisation"),
    _("A school, a municipality, an association or a business can stand with the movement."),
    place=80,
)(form_view("pledges/joinings/join.html", JoinForm, "pledges:join_inbox"))


@fixed_page(in_sitemap=False)
@public_page
def inbox(request):
    """ "Check your inbox": the same for a new, a known and a blocked address."""
    return render(request, "pledges/joinings/inbox.html")


@link_view(Joining, Purpose.JOINING_CONFIRM)
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


block = block_view(Joining, Purpose.JOINING_BLOCK, is_organisation=True)
