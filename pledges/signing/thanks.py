"""Confirming, and the optional steps after it: invite others, print a certificate."""

from django.core import signing
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from pledges import sharing
from pledges.commitments.forms import CommitmentsForm
from pledges.counting import tally
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.figures.mosaic import NEUTRAL_DOT_WIDTH, mosaic, neutral_paths, own_mosaic
from pledges.forms.views import link_ended
from pledges.mail.models import Message
from pledges.personal_links import confirmed_only, path_from, personal_link_view
from pledges.serving.http import personal_page, read_only
from pledges.sharing import web_address
from pledges.supporters.batches import Batch
from pledges.supporters.models import Pledge, ReferralLink

# What the thank-you page leads to.
NEXT_PURPOSES = [Purpose.MANAGE, Purpose.SHARE, Purpose.COMMIT, Purpose.CERTIFICATE]
# The page can be opened again for half an hour. The token holds the number, and nothing that leads to the pledge.
AGAIN = signing.TimestampSigner(salt="pledges.thanks_again")
AGAIN_MAX_AGE_SECONDS = 30 * 60


@personal_link_view(Purpose.CONFIRM)
def confirm(request, pledge):
    """The page with the button that confirms the pledge. GET changes nothing, since mail scanners open links.

    Only the response to the confirming POST shows number, sector and links of the pledge (a message contains them as well).
    The link may be forwarded: later visitors get an invitation to sign instead.
    """
    if request.method == "POST":
        is_first = pledge.confirm()
        if is_first:
            Message.queue(Message.Kind.COUNTED, pledge)
        else:
            Batch.record_own_confirmation(pledge)
        pledge.refresh_from_db()
        if pledge.state == Pledge.State.CONFIRMED:
            return render(request, "pledges/signing/thanks.html", _thanks(request, pledge, is_first))
    if pledge.state == Pledge.State.PENDING and Pledge.objects.pending().filter(pk=pledge.pk).exists():
        totals = tally.read()
        # Without name and sector: mail scanners and others may open the link. What the form ticked someone else may have ticked.
        context = {"has_place": pledge.has_place, "updates": pledge.updates, "shows_name": pledge.wants_name_shown}
        context["mosaic"] = own_mosaic(totals.sectors, totals.goal.people)
        return render(request, "pledges/signing/confirm.html", context)
    if pledge.state == Pledge.State.CONFIRMED:
        return render(request, "pledges/signing/confirmed_before.html")
    return link_ended(request)


def _thanks(request, pledge, is_first):
    """The context of the thank-you page. Only for the person who has just confirmed it shows number, sector and links."""
    # Whom staff had confirmed before is in the last count.
    totals = tally.read_with_newest() if is_first else tally.read()
    context = _neutral(totals)
    if not is_first:
        return context | {"mosaic": mosaic(totals.sectors, totals.goal.people)}
    # Confirming starts the day of these links, whenever the message was sent.
    urls = {purpose: links.path(purpose, pledge, language=request.LANGUAGE_CODE) for purpose in NEXT_PURPOSES}
    number = pledge.number
    return context | {
        "pledge": pledge,
        "number": number,
        "again_url": number and reverse("pledges:thanks_again", args=[AGAIN.sign(number)]),
        "mosaic": own_mosaic(totals.sectors, totals.goal.people, pledge.sector),
        "form": CommitmentsForm(pledge=pledge, action=urls[Purpose.COMMIT]),
        **{f"{purpose}_url": url for purpose, url in urls.items()},
    }


def _neutral(totals):
    """What the thank-you page shows to everyone."""
    return {
        "totals": totals,
        "ways": sharing.neutral_ways(),
        "web_address": web_address(),
        "picture_slug": sharing.NEUTRAL_SLUG,
    }


@personal_page
@read_only
def again(request, token):
    """The thank-you page again, in the tab that keeps this address: only number, picture and sharing."""
    try:
        number = int(AGAIN.unsign(token, max_age=AGAIN_MAX_AGE_SECONDS))
    except signing.BadSignature:
        return HttpResponseRedirect(reverse("pledges:my_pledge"))
    totals = tally.read()
    context = _neutral(totals) | {"number": number, "mosaic": own_mosaic(totals.sectors, totals.goal.people)}
    return render(request, "pledges/signing/thanks.html", context)


@personal_link_view(Purpose.SHARE)
@confirmed_only
def share(request, pledge):
    """Ways to share the site's address or the supporter's referral link, in neutral words or in those of the sector."""
    if "make" in request.POST:
        ReferralLink.create_for(pledge)
    elif "end" in request.POST:
        ReferralLink.objects.filter(pledge=pledge).delete()
    own = ReferralLink.objects.filter(pledge=pledge).first()
    # Neutral words by default: sharing must not reveal the sector unless the supporter chooses so.
    uses_sector_words = "sector" in request.GET and bool(pledge.sector.invitation)
    words = pledge.sector.invitation if uses_sector_words else sharing.neutral_words()
    path = reverse("pledges:through", args=[own.code]) if own else reverse("pledges:from_a_friend")
    context = {
        "pledge": pledge,
        "uses_sector_words": uses_sector_words,
        "ways": sharing.ways(words, path),
        "web_address": web_address(),
        "picture_slug": pledge.sector.slug if uses_sector_words else sharing.NEUTRAL_SLUG,
        "referral_link": own,
        "certificate_url": path_from(request, Purpose.CERTIFICATE, pledge),
        "manage_url": path_from(request, Purpose.MANAGE, pledge),
    }
    return render(request, "pledges/signing/share.html", context)


@personal_link_view(Purpose.CERTIFICATE)
@confirmed_only
def certificate(request, pledge):
    """The pledge as a sheet of A4 to print and sign, with the supporter's name; it is not stored."""
    context = {"pledge": pledge, "paths": neutral_paths(), "dot_width": NEUTRAL_DOT_WIDTH, "web_address": web_address()}
    return render(request, "pledges/signing/certificate.html", context)
