"""Group pledges: the form, the page for those under 18, and the pages behind the links of the responsible adult."""

from functools import partial

import segno
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from pledges import sharing
from pledges.content import PledgeContent
from pledges.crypto import keys, links
from pledges.crypto.links import Purpose
from pledges.crypto.models import Unreadable
from pledges.figures.mosaic import mosaic
from pledges.fixed_pages import fixed_page
from pledges.forms.views import SeeOther, closed, form_view, link_ended, require_open
from pledges.groups.fields import counted_sectors
from pledges.groups.forms import GroupCorrectionForm, GroupForm
from pledges.groups.models import GroupPledge
from pledges.languages import in_each_language
from pledges.serving.http import cookieless_form, personal_page, public_page


def _instead(request):
    """The page for those under 18, of whose form no other field is read, or the one that says that signing is closed."""
    if "no" in request.POST.getlist("over_18"):
        return SeeOther(reverse("pledges:group_under_18"))
    return closed(request)


form = fixed_page(
    gettext_lazy("Pledge as a group"),
    gettext_lazy(
        "A class, a school, a meeting, a club or a workplace can pledge together. We count how many people took part, "
        "without any names."
    ),
    place=60,
)(form_view("pledges/groups/group.html", GroupForm, "pledges:group_inbox", _instead))


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


def contact_link_view(model, purpose):
    """Decorate a view with the checks of the link of an adult; the view gets the row of the model in place of the token.

    Every link that opens nothing gets the same page: tampered, mangled, of another row, or the row erased. The signature is
    checked before anything of the body is read.
    """

    def decorator(view):
        @personal_page
        @cookieless_form
        @require_http_methods(["GET", "HEAD", "POST"])
        @sensitive_post_parameters()
        def wrapper(request, token, **kwargs):
            # What the pages say about a link differs: that of a group or an organisation does not age.
            request.is_personal_link = request.is_contact_link = True
            try:
                link = links.read(purpose, token)
            except signing.BadSignature:
                return link_ended(request)
            # An upload may come in slowly. Nothing is locked meanwhile.
            request.POST  # noqa: B018
            try:
                with transaction.atomic():
                    rows = model.objects.select_for_update() if request.method == "POST" else model.objects
                    row = rows.filter(pk=link.row_id).first()
                    if row is None or link.binding != links.binding(purpose, row):
                        return link_ended(request)
                    require_open(request, purpose)
                    return view(request, row, **kwargs)
            except keys.CannotDecrypt as error:
                Unreadable.record(error)
                return render(request, "pledges/personal_links/unreadable.html")

        return wrapper

    return decorator


@contact_link_view(GroupPledge, Purpose.GROUP_CONFIRM)
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

    @contact_link_view(model, purpose)
    def view(request, row):
        if row.state != model.State.SUBMITTED:
            return link_ended(request)
        if request.method == "POST":
            row.block()
        return render(request, "pledges/groups/block.html", {"done": request.method == "POST", **context})

    return view


block = block_view(GroupPledge, Purpose.GROUP_BLOCK)


@contact_link_view(GroupPledge, Purpose.GROUP_MANAGE)
def manage(request, group):
    """The page of a group: its state, corrections of its numbers for 30 days, and withdrawing. It shows nothing of the adult."""
    if group.state in (GroupPledge.State.SUBMITTED, GroupPledge.State.WITHDRAWN):
        return link_ended(request)
    if "withdraw" in request.POST:
        group.withdraw()
        return render(request, "pledges/groups/withdrawn.html")
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
