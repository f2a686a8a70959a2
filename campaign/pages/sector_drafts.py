"""The page of a sector that has none yet, as a draft in both languages for staff to complete and publish."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from campaign.help.models import HelpChannel
from campaign.pages.models import Page
from pledges.languages import LANGUAGE_CODES
from pledges.models import Sector
from staff.admin.base import change_url
from staff.free_names import free_name

# The help channels that the draft names, unless staff deleted them.
CHANNELS = ("alo-116111", "police-129", "emergency-112")


@transaction.atomic
def create_page(sector):
    """(Page, whether this call created it) of this sector. Two people at once get the same page."""
    # The lock that the foreign key of another new page waits for.
    Sector.objects.select_for_update().get(pk=sector.pk)
    pages = Page.objects.everything()
    if page := pages.filter(sector=sector).first():
        return page, False
    channels = [key for key in CHANNELS if HelpChannel.objects.filter(key=key).exists()]
    page = Page(key=free_name(pages, "key", f"sector-{sector.slug}"), sector=sector)
    for language in LANGUAGE_CODES:
        with translation.override(language):
            values = {
                "slug": free_name(pages, f"slug_{language}", sector.name),
                "title": sector.name,
                "lead": sector.hint or _("What you can do to protect children, and what to do if a child tells you."),
                "body": render_to_string("campaign/pages/sector_draft.html", {"channels": channels}),
            }
        for name, value in values.items():
            setattr(page, f"{name}_{language}", value)
    page.keep_as_draft()
    return page, True


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
