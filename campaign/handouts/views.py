"""Handouts as PDF: those of a group behind the link of its adult, those that everyone may print, and their pictures."""

from functools import wraps

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language

from campaign.content import SiteContent
from campaign.files.views import IMMUTABLE
from campaign.handouts import drawings, prints
from campaign.handouts.models import Handout
from pledges.content import PledgeContent
from pledges.crypto.links import Purpose
from pledges.forms.views import link_ended
from pledges.groups.views import contact_link_view
from pledges.models import GroupPledge
from pledges.serving.http import in_named_language, mark_public, public_page, read_only


def _of_approved_group(view):
    """Decorate a view behind the link of a group: groups that do not count have nothing to print."""

    @contact_link_view(GroupPledge, Purpose.GROUP_MANAGE)
    @wraps(view)
    def wrapper(request, group, **kwargs):
        return view(group, **kwargs) if group.state == GroupPledge.State.APPROVED else link_ended(request)

    return read_only(wrapper)


@_of_approved_group
def sheet(group, size):
    """The colouring sheet of an approved group, on paper of size "A4" or "A3"."""
    words = SiteContent.current().handouts[Handout.Key.SHEET]
    return _pdf(drawings.sheet(words, group, size), f"sheet-{size.lower()}")


@_of_approved_group
def certificate(group):
    """The certificate of an approved group."""
    content = SiteContent.current()
    titles = [title for title, _text in prints.promises(content)]
    movement = content.texts[get_language()]["every_shared"]
    words = content.handouts[Handout.Key.CERTIFICATE]
    return _pdf(
        drawings.certificate(words, group, titles, movement, PledgeContent.current().sectors_by_id), "certificate"
    )


@in_named_language
@public_page
def printed(request, language, name):
    """A PDF that everyone may print. One that has to be reviewed first has no address until then."""
    data = prints.pdf(name)
    if data is None:
        raise Http404
    return _pdf(data, name)


@in_named_language
@read_only
def preview(request, language, name, digest):
    """The picture of a PDF. Its address changes with the PDF; an older one leads to that of today."""
    if not prints.is_shown(name):
        raise Http404
    current = prints.digest(name)
    if digest != current:
        return HttpResponseRedirect(reverse("handout_preview", args=[language, name, current]))
    return mark_public(HttpResponse(prints.preview(prints.pdf(name)), content_type="image/webp"), IMMUTABLE)


def _pdf(data, name):
    # The viewers of some browsers do not work under the content security policy of the site.
    disposition = f'attachment; filename="{name}-{get_language()}.pdf"'
    return HttpResponse(data, content_type="application/pdf", headers={"Content-Disposition": disposition})
