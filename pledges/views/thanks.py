"""After confirming, one thing at a time: bring one more, choose what one will do, print it. Each can be left out."""

from functools import wraps
from urllib.parse import quote

from django.conf import settings
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.forms.personal import CommitmentsForm
from pledges.models import Pledge
from pledges.views.personal import behind_a_link
from pledges.views.share import NEUTRAL


def _only_counted(view):
    """Who is not counted (yet, or any more) has nothing to pass on."""

    @wraps(view)
    def wrapper(request, pledge):
        if pledge.state != Pledge.State.CONFIRMED:
            return render(request, "pledges/link_ended.html", status=410)
        return view(request, pledge)

    return wrapper


@behind_a_link(Purpose.SHARE)
@_only_counted
def share(request, pledge):
    """Ways to pass the address on, in words of everyone or, if chosen, of one's sector; and a link of one's own."""
    if "make" in request.POST:
        pledge.create_referral_code()
    elif "end" in request.POST:
        pledge.delete_referral_code()
    pledge.refresh_from_db()
    # Everyone's words unless chosen otherwise: what is passed on must not tell a sector by itself.
    of_sector = "sector" in request.GET and bool(pledge.sector.invitation)
    words = (
        pledge.sector.invitation
        if of_sector
        else _("I pledged to listen to children, to believe them and to report. Join in:")
    )
    address = settings.SITE_URL + (
        reverse("pledges:through", args=[pledge.code]) if pledge.code else reverse("campaign:home")
    )
    context = {
        "pledge": pledge,
        "of_sector": of_sector,
        "words": words,
        "address": address,
        "ways": _ways(words, address),
        "pictures": pledge.sector.slug if of_sector else NEUTRAL,
        "brought": pledge.referral_count(),
        "next_url": links.path(Purpose.COMMIT, pledge, language=request.LANGUAGE_CODE),
    }
    return render(request, "pledges/share.html", context)


def _ways(words, address):
    """(name, address) of plain links that open the other app with the words; nothing leaves before a tap."""
    text = quote(f"{words} {address}")
    subject = quote(_("We are 1"))
    return [
        ("WhatsApp", f"https://wa.me/?text={text}"),
        ("Viber", f"viber://forward?text={text}"),
        ("Facebook", f"https://www.facebook.com/sharer/sharer.php?u={quote(address, safe='')}"),
        (_("E-mail"), f"mailto:?subject={subject}&body={text}"),
    ]


@behind_a_link(Purpose.COMMIT)
@_only_counted
def commit(request, pledge):
    """Choose among the commitments of one's sector; then all is done."""
    manage_url = links.path(Purpose.MANAGE, pledge, language=request.LANGUAGE_CODE)
    data = request.POST if request.method == "POST" else None
    form = CommitmentsForm(data, pledge=pledge, action=request.path)
    if form.is_valid():
        form.save()
        chosen = pledge.chosen.select_related("commitment").order_by("commitment__position")
        certificate_url = links.path(Purpose.CERTIFICATE, pledge, language=request.LANGUAGE_CODE)
        context = {"chosen": chosen, "manage_url": manage_url, "certificate_url": certificate_url}
        return render(request, "pledges/done.html", context)
    status = 422 if form.is_bound else 200
    return render(request, "pledges/commit.html", {"form": form}, status=status)


@behind_a_link(Purpose.CERTIFICATE)
@_only_counted
def certificate(request, pledge):
    """The pledge as a page to print, with the name; it is made anew each time and kept nowhere."""
    words = pledge.wording.in_language(request.LANGUAGE_CODE)
    return render(request, "pledges/certificate.html", {"pledge": pledge, "words": words})
