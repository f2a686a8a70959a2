"""Optional steps after confirming: invite others, choose commitments, print a certificate."""

from functools import wraps
from urllib.parse import quote

from django.conf import settings
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from pledges.crypto.links import Purpose
from pledges.forms.personal import CommitmentsForm
from pledges.models import Pledge, ReferralLink
from pledges.views.personal import link_ended, path_from, personal_link_view
from pledges.views.share import NEUTRAL_SLUG


def _confirmed_only(view):
    """Decorate a view for confirmed pledges only; others are answered with 410."""

    @wraps(view)
    def wrapper(request, pledge):
        if pledge.state != Pledge.State.CONFIRMED:
            return link_ended(request)
        return view(request, pledge)

    return wrapper


@personal_link_view(Purpose.SHARE)
@_confirmed_only
def share(request, pledge):
    """Ways to share the site's address or the supporter's referral link, in neutral words or in those of the sector."""
    if "make" in request.POST:
        ReferralLink.objects.create_for(pledge)
    elif "end" in request.POST:
        ReferralLink.objects.filter(pledge=pledge).delete()
    own = ReferralLink.objects.filter(pledge=pledge).first()
    # Neutral words by default: sharing must not reveal the sector unless the supporter chooses so.
    uses_sector_words = "sector" in request.GET and bool(pledge.sector.invitation)
    if uses_sector_words:
        words = pledge.sector.invitation
    else:
        words = _("I pledged to listen to children, to believe them and to report. Join in:")
    path = reverse("pledges:through", args=[own.code]) if own else reverse("campaign:home")
    address = settings.SITE_URL + path
    context = {
        "pledge": pledge,
        "uses_sector_words": uses_sector_words,
        "words": words,
        "address": address,
        "channels": _channels(words, address),
        "picture_slug": pledge.sector.slug if uses_sector_words else NEUTRAL_SLUG,
        "referral_link": own,
        "next_url": path_from(request, Purpose.COMMIT, pledge),
    }
    return render(request, "pledges/share.html", context)


def _channels(words, address):
    """(name, URL) of links that open another app with the words. They are plain links: nothing is sent before a tap."""
    text = quote(f"{words} {address}")
    subject = quote(_("We are 1"))
    return [
        ("WhatsApp", f"https://wa.me/?text={text}"),
        ("Viber", f"viber://forward?text={text}"),
        ("Facebook", f"https://www.facebook.com/sharer/sharer.php?u={quote(address, safe='')}"),
        (_("E-mail"), f"mailto:?subject={subject}&body={text}"),
    ]


@personal_link_view(Purpose.COMMIT)
@_confirmed_only
def commit(request, pledge):
    """The last step: choose among the commitments of the sector."""
    manage_url = path_from(request, Purpose.MANAGE, pledge)
    data = request.POST if request.method == "POST" else None
    form = CommitmentsForm(data, pledge=pledge, action=request.path)
    if form.is_valid():
        form.save()
        chosen = pledge.chosen.select_related("commitment").order_by("commitment__position")
        certificate_url = path_from(request, Purpose.CERTIFICATE, pledge)
        context = {"chosen": chosen, "manage_url": manage_url, "certificate_url": certificate_url}
        return render(request, "pledges/done.html", context)
    status = 422 if form.is_bound else 200
    return render(request, "pledges/commit.html", {"form": form}, status=status)


@personal_link_view(Purpose.CERTIFICATE)
@_confirmed_only
def certificate(request, pledge):
    """The pledge as a page to print, with the supporter's name; it is not stored."""
    words = pledge.wording.in_language(request.LANGUAGE_CODE)
    return render(request, "pledges/certificate.html", {"pledge": pledge, "words": words})
