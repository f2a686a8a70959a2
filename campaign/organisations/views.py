"""Organisations: the public page, and the page of one entry behind the link of its contact: logo, renewal, card, leaving."""

from urllib.parse import urlsplit

from django.core import signing
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from campaign import structured_data
from campaign.content import SiteContent
from campaign.organisations.forms import LogoForm
from campaign.organisations.models import PER_PAGE, Organisation
from campaign.pictures import files, logos
from pledges import addresses, sharing
from pledges.content import PledgeContent
from pledges.counting import tally
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.figures.mosaic import mosaic
from pledges.fixed_pages import fixed_page
from pledges.forms.views import SeeOther, link_ended
from pledges.joinings.forms import CorrectionForm
from pledges.models import County, Joining, OrganisationKind
from pledges.personal_links import link_view, links_revoked
from pledges.serving.http import accept_uploads, personal_page, public_page, read_only
from pledges.totals.open_data import counter_code

# The codes of ISO 3166-2, and "abroad". Written here, because parameters are read before the content.
COUNTIES = {County.ABROAD, *(f"AL-{number:02}" for number in range(1, 13))}
# States in which the contact corrects the entry.
OPEN = (Joining.State.CONFIRMED, Joining.State.APPROVED)


def _kind(text):
    return text if text in OrganisationKind.values else ""


def _county(text):
    return text if text in COUNTIES else ""


def _page_number(text):
    return text if text.isascii() and text.isdigit() and len(text) < 4 and text[0] != "0" else ""


@fixed_page(
    gettext_lazy("Organisations with us"),
    gettext_lazy("Schools, municipalities, associations and businesses that stand with the movement."),
    label=gettext_lazy("Organisations"),
    place=70,
    footer=(2, 20),
)
@public_page(parameters={"kind": _kind, "county": _county, "page": _page_number})
def page(request):
    """The founders, then all other organisations, filtered by kind and county."""
    rows = SiteContent.current().organisations
    founders = [row for row in rows if row.role == Organisation.Role.FOUNDER]
    others = [row for row in rows if row.role != Organisation.Role.FOUNDER]
    kind, county = request.GET.get("kind", ""), request.GET.get("county", "")
    found = [row for row in others if kind in ("", row.kind) and county in ("", row.county)]
    kinds, codes = {row.kind for row in others}, {row.county for row in others}
    context = {
        "founders": founders,
        "found": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "total": len(others),
        "kind": kind,
        "county": county,
        "kinds": [(value, label) for value, label in OrganisationKind.choices if value in kinds],
        "counties": [each for each in PledgeContent.current().counties if each.code in codes],
        "structured": [structured_data.breadcrumbs([(gettext("Organisations"), reverse("campaign:organisations"))])],
    }
    return render(request, "campaign/organisations/organisations.html", context)


@link_view(Joining, Purpose.ORGANISATION)
def entry(request, joining):
    """The page of an entry: its state, renewing it, its logo and card, and leaving. It shows nothing of the contact."""
    if joining.state in (Joining.State.SUBMITTED, Joining.State.ENDED):
        return link_ended(request)
    organisation = _entry_of(joining)
    if "leave" in request.POST:
        if organisation is None or not organisation.leave():
            joining.end()
        files.delete_unused(joining.logo)
        return render(request, "campaign/organisations/left.html")
    if "revoke" in request.POST:
        return links_revoked(request, joining)
    if "renew" in request.POST and organisation is not None:
        organisation.renew()
        return SeeOther(request.path)
    if "hand_over" in request.POST:
        joining.hand_over(request.POST["hand_over"] == "1")
        return SeeOther(request.path)
    if "correct" in request.POST and joining.state in OPEN:
        correction = CorrectionForm(request.POST, joining=joining)
        if not correction.is_valid():
            return _shown(request, joining, organisation, LogoForm(), correction, status=422)
        joining.correct(**correction.values)
        return SeeOther(request.path)
    return _shown(request, joining, organisation, LogoForm())


@accept_uploads(logos.MAX_REQUEST_BYTES)
@link_view(Joining, Purpose.ORGANISATION)
def logo(request, joining):
    """Take a logo, which staff look at before it is shown. The signature of the link was checked before the file is read."""
    if request.method != "POST":
        return SeeOther(links.path(Purpose.ORGANISATION, joining, request.LANGUAGE_CODE))
    if joining.state not in OPEN:
        return link_ended(request)
    form, organisation = LogoForm(request.POST, request.FILES), _entry_of(joining)
    if not form.is_valid():
        return _shown(request, joining, organisation, form, status=422)
    values = {"logo": logos.store(form.cleaned_data["logo"])}
    if organisation and joining.changed_at is None:
        # What staff have refused, or changed on the page since, does not come back with the logo.
        values |= {
            "url": organisation.url,
            "domain": addresses.site_of(urlsplit(organisation.url).hostname or ""),
            "statement_sq": organisation.text_sq,
            "statement_en": organisation.text_en,
        }
    joining.correct(**values)
    files.delete_unused(joining.logo)
    return SeeOther(links.path(Purpose.ORGANISATION, joining, request.LANGUAGE_CODE))


@read_only
@personal_page
def signed_link(request, token):
    """Whether the link of an entry is signed, for nginx, which asks before it takes a logo: 204 or 401. It reads no row."""
    try:
        links.read(Purpose.ORGANISATION, token)
    except signing.BadSignature:
        return HttpResponse(status=401, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204, content_type="text/plain; charset=utf-8")


def _entry_of(joining):
    """The entry of an approved joining, also one that staff have taken down, or None."""
    if joining.state != Joining.State.APPROVED:
        return None
    return Organisation.objects.originals().filter(joining=joining).select_related("joining").first()


def _shown(request, joining, organisation, form, correction=None, status=200):
    token = links.token(Purpose.ORGANISATION, joining)
    form.helper.form_action = reverse("campaign:organisation_logo", args=[token])
    correction = correction or CorrectionForm(joining=joining)
    correction.helper.form_action = entry_url = reverse("campaign:organisation", args=[token])
    context = {
        "joining": joining,
        "organisation": organisation,
        "form": form,
        "correction": correction,
        "sent_logo": logos.urls(joining.logo),
        "entry_url": entry_url,
        "code": counter_code(request.LANGUAGE_CODE),
    }
    if organisation and organisation.is_on_page:
        totals = tally.read()
        words = gettext("%(name)s stands with the movement “We are 1”. Join us:") % {"name": organisation.name}
        context |= {
            "mosaic": mosaic(totals.sectors, totals.goal.people),
            "ways": sharing.ways(words, reverse("pledges:from_a_friend")),
            "certificate_url": reverse("campaign:organisation_certificate", args=[token]),
        }
    return render(request, "campaign/organisations/organisation.html", context, status=status)
