"""Group pledges: the form, the page for those under 18, and the pages behind the links of the responsible adult."""

from functools import partial

import segno
from django.conf import settings
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from pledges import sharing
from pledges.content import PledgeContent
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.figures.mosaic import mosaic
from pledges.fixed_pages import fixed_page
from pledges.forms.views import SeeOther, closed, form_view, link_ended
from pledges.groups.forms import GroupCorrectionForm, GroupForm, counted_sectors
from pledges.groups.models import GroupPledge
from pledges.languages import in_each_language
from pledges.personal_links import link_view, links_revoked
from pledges.serving.http import public_page


def _instead(request):
    """The page for those under 18, of whose form no other field is read, or the one that says that signing is closed."""
    if "no" in request.POST.getlist("over_18"):
        return SeeOther(reverse("pledges:group_under_18"))
    return closed(request)


form = fixed_page(GroupForm.heading, GroupForm.lead, place=60)(
    form_view("pledges/groups/group.html", GroupForm, "pledges:group_inbox", _instead)
)


@public_page(is_form=True)
def at_event(request, code):
    """The form for a group of an event; that of a code that no event has leads to the form without one."""
    if code not in PledgeContent.current().events_by_code:
        return HttpResponseRedirect(reverse("pledges:group"))
    request.alternates = in_each_language(partial(reverse, "pledges:group"))
    return _instead(request) or render(
        request, "pledges/groups/group.html", {"form": GroupForm(initial={"event": code})}
    )


@fixed_page(in_sitemap=False)
@public_page
def inbox(request):
    """ "Check your inbox": the same for a new, a known and a blocked address."""
    return render(request, "pledges/groups/inbox.html")


@fixed_page(in_sitemap=False)
@public_page
def under_18(request):
    """How to ask a teacher or another adult, with the address of the form as a QR code; nothing was stored."""
    address = settings.SITE_URL + reverse("pledges:group")
    code = segno.make(address, error="m", micro=False).svg_inline(
        omitsize=True, border=3, light="#fff", svgclass="group-qr", lineclass=None, title=_("QR code of this address")
    )
    # segno drew it from our own address.
    drawing = mark_safe(code.replace("<svg", '<svg role="img"', 1))  # noqa: S308
    return render(request, "pledges/groups/under_18.html", {"address": address, "code": drawing})


@link_view(GroupPledge, Purpose.GROUP_CONFIRM)
def confirm(request, group):
    """The page with the button that confirms the groups of the mailbox. GET changes nothing, since mail scanners open links.

    The button sends the ids of the groups that the page shows: what came later is not confirmed with them.
    """
    State = GroupPledge.State
    if request.method == "POST" and (groups := group.confirm(request.POST.getlist("group"))):
        manage = [(each, links.path(Purpose.GROUP_MANAGE, each, request.LANGUAGE_CODE)) for each in groups]
        return render(request, "pledges/groups/confirmed.html", {"groups": manage})
    if group.state == State.SUBMITTED:
        groups = GroupPledge.objects.submitted().of_mailbox(group).order_by("created_at", "pk")
        rows = [(each, each.numbers(counted_sectors())) for each in groups]
        if rows:
            return render(request, "pledges/groups/confirm.html", {"groups": rows})
    elif group.state in (State.CONFIRMED, State.APPROVED):
        return render(request, "pledges/groups/confirmed.html", {"groups": []})
    return link_ended(request)


def block_view(model, purpose, **context):
    """ "It was not me": erase what the mailbox has not confirmed, and never write to it again."""

    @link_view(model, purpose)
    def view(request, row):
        if row.state != model.State.SUBMITTED:
            return link_ended(request)
        if request.method == "POST":
            row.block()
        return render(request, "pledges/groups/block.html", {"done": request.method == "POST", **context})

    return view


block = block_view(GroupPledge, Purpose.GROUP_BLOCK)


@link_view(GroupPledge, Purpose.GROUP_MANAGE)
def manage(request, group):
    """The page of a group: its state, corrections of its numbers for 30 days, and withdrawing. It shows nothing of the adult."""
    if group.state in (GroupPledge.State.SUBMITTED, GroupPledge.State.WITHDRAWN):
        return link_ended(request)
    if "withdraw" in request.POST:
        group.withdraw()
        return render(request, "pledges/groups/withdrawn.html")
    if "revoke" in request.POST:
        return links_revoked(request, group)
    form_of = partial(GroupCorrectionForm, group=group, action=request.path)
    correction = (form_of(request.POST) if "save" in request.POST else form_of()) if group.can_be_corrected else None
    is_saved = bool(correction) and correction.is_valid() and group.correct(correction.cleaned_data["people"])
    if is_saved:
        group.refresh_from_db()
        correction = form_of()
    sectors = counted_sectors()
    context = {"group": group, "numbers": group.numbers(sectors), "correction": correction, "is_saved": is_saved}
    if group.total_counted:
        dots = [(sector, group.counted.get(str(sector.pk), 0)) for sector in sectors]
        context |= {
            "mosaic": mosaic(dots, group.total_counted),
            "ways": sharing.neutral_ways(),
            "token": request.resolver_match.kwargs["token"],
        }
    status = 422 if correction and correction.errors else 200
    return render(request, "pledges/groups/manage.html", context, status=status)
