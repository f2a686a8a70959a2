"""The button on the form of a sector that makes its page."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from campaign.pages.sector_drafts import create_page
from pledges.models import Sector
from staff.admin.base import change_url


def make_page(model_admin, request, sector_id):
    """Create the draft of the page of a sector, or find the one that it has, and lead to its form."""
    sector = Sector.objects.filter(pk=sector_id).first()
    if sector is None:
        raise Http404
    if not model_admin.has_add_permission(request):
        raise PermissionDenied("campaign.add_page")
    page, is_new = create_page(sector)
    if is_new:
        model_admin.log_addition(request, page, [{"added": {}}])
        words = _("This is the draft of its page. Complete it in both languages, then publish it.")
        model_admin.message_user(request, words, messages.SUCCESS)
    else:
        model_admin.message_user(request, _("“%(group)s” already has this page.") % {"group": sector})
    return redirect(change_url(page))
