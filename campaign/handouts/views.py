"""Handouts as PDF: those of a group behind the link of its adult, those that everyone may print, and their pictures."""

from functools import wraps

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import get_language, gettext, npgettext

from campaign.content import SiteContent
from campaign.files.views import IMMUTABLE
from campaign.handouts import prints
from campaign.handouts.models import Handout
from campaign.organisations.models import Organisation
from pledges.content import PledgeContent
from pledges.crypto.links import Purpose
from pledges.figures.rendering import typeset
from pledges.forms.views import link_ended
from pledges.models import GroupPledge, Joining
from pledges.numbers import number
from pledges.personal_links import link_view
from pledges.serving.http import in_named_language, mark_public, public_page, read_only

# Of the 1 on a certificate.
MOST_DOTS = 200


def _of_approved_group(view):
    """Decorate a view behind the link of a group: groups that do not count have nothing to print."""

    @link_view(GroupPledge, Purpose.GROUP_MANAGE)
    @wraps(view)
    def wrapper(request, group, **kwargs):
        return view(group, **kwargs) if group.total_counted else link_ended(request)

    return read_only(wrapper)


@_of_approved_group
def sheet(group, size):
    """The colouring sheet of an approved group, on paper of size "A4" or "A3"."""
    words, link = SiteContent.current().handouts[Handout.Key.SHEET], settings.SITE_URL + reverse("campaign:home")
    numeral = prints.numeral(group.total_counted, is_empty=True)
    data = typeset(Handout.Key.SHEET, words.title, link, text=words.text, group=group.title, numeral=numeral, size=size)
    return _pdf(data, f"sheet-{size.lower()}")


@_of_approved_group
def certificate(group):
    """The certificate of an approved group."""
    content, count = SiteContent.current(), group.total_counted
    # The colours of the group's own sectors, evenly mixed.
    sectors = PledgeContent.current().sectors_by_id
    mixed = sorted(
        ((2 * n + 1) / people, sectors[int(pk)].color) for pk, people in group.counted.items() for n in range(people)
    )
    points = min(count, MOST_DOTS)
    colors = [int(mixed[n * len(mixed) // points][1].removeprefix("s")) - 1 for n in range(points)]
    words = content.handouts[Handout.Key.CERTIFICATE]
    return _certificate(
        words.title,
        reverse("campaign:home"),
        numeral=prints.numeral(points) | {"colors": colors},
        count=number(count),
        people=npgettext("counted", "person", "people", count),
        group=group.title,
        text=words.text,
        day=formats.date_format(group.held_on, "DATE_FORMAT"),
        adult=gettext("The adult with the group"),
    )


@read_only
@link_view(Joining, Purpose.ORGANISATION)
def organisation_certificate(request, joining):
    """The certificate of an organisation on our page, without a number: people are not counted by organisation."""
    entry = Organisation.objects.admitted().filter(joining=joining).select_related("joining").first()
    if entry is None or not entry.is_on_page:
        return link_ended(request)
    return _certificate(
        gettext("We stand with the movement"),
        reverse("campaign:organisations"),
        numeral=prints.numeral(MOST_DOTS),
        count=gettext("We are"),
        people="",
        group=f"{entry.name}, {joining.place}",
        text="",
        day=formats.date_format(timezone.localtime(joining.approved_at), "DATE_FORMAT"),
        adult=gettext("For the organisation"),
    )


def _certificate(title, path, **words):
    content = SiteContent.current()
    words["promises"] = " ".join(promise for promise, _text in prints.promises(content))
    words["movement"] = content.texts[get_language()]["every_shared"]
    return _pdf(typeset(Handout.Key.CERTIFICATE, title, settings.SITE_URL + path, **words), "certificate")


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
