"""News by email: the archive of what was sent, and the page that ends the news."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from pledges.crypto import links
from pledges.fixed_pages import fixed_page
from pledges.follows.models import Follow
from pledges.forms.views import link_ended
from pledges.mailings.models import Mailing, MailingContent, MailingCount
from pledges.serving.http import cookieless_form, personal_page, public_page
from pledges.supporters.models import Pledge

SENT_TO = {
    Mailing.Audience.NEWS: _("To everyone who asked for news"),
    Mailing.Audience.SECTOR: _("To people of the group “%(followed)s” who asked for news"),
    Mailing.Audience.DEMAND: _("To people who follow the demand “%(followed)s”"),
    Mailing.Audience.COUNTY: _("To people who follow what happens in the county of %(followed)s"),
}


@fixed_page(
    _("News by email"),
    _("Everything that we have emailed to people who asked for news, with date and recipients."),
    place=100,
)
@public_page
def archive(request):
    mailings = [(each, _sent_to(each)) for each in MailingContent.current().mailings]
    return render(request, "pledges/mailings/mailings.html", {"mailings": mailings})


@public_page
def page(request, number):
    """What was sent, as its recipients got it."""
    mailing = next((each for each in MailingContent.current().mailings if each.pk == number), None)
    if mailing is None:
        raise Http404
    context = {"mailing": mailing, "words": mailing.words(request.LANGUAGE_CODE), "sent_to": _sent_to(mailing)}
    return render(request, "pledges/mailings/mailing.html", context)


def _sent_to(mailing):
    """Who got a mailing, in the active language."""
    return str(SENT_TO[mailing.audience]) % {"followed": mailing.followed}


def _link_view(view):
    """Decorate a view of a news link: it also gets the pledge and the mailing, both None if the link ended or is not genuine."""

    @personal_page
    @cookieless_form
    @require_http_methods(["GET", "HEAD", "POST"])
    @sensitive_post_parameters()
    def wrapper(request, token):
        # For base.html, which takes the token out of the address bar.
        request.is_personal_link = request.is_contact_link = True
        link = links.read_news(token)
        found = Pledge.objects.filter(pk__gte=link.first, pk__lte=link.last) if link else ()
        pledge = next((each for each in found if link.is_of(each)), None)
        mailing = pledge and Mailing.objects.filter(pk=link.mailing_id).first()
        return view(request, token, pledge, mailing)

    return wrapper


@_link_view
def end_news(request, token, pledge, mailing):
    """The short address in messages. GET redirects to the page. The POST of RFC 8058, by a mail program, ends the news.

    The language is that of the message, not of the pledge: the redirect is the same whether or not there is one. A mail program
    that posts to a link that has ended gets an error, because the news goes on.
    """
    link = links.read_news(token)
    language = link.language if link else request.LANGUAGE_CODE
    with translation.override(language):
        request.LANGUAGE_CODE = language
        if request.method == "POST":
            return _ended(request, pledge, mailing) if pledge else link_ended(request, status=410)
        return redirect(reverse("pledges:end_news", args=[token]))


@_link_view
def end_news_page(request, token, pledge, mailing):
    """The page with the button that ends all news, and one that ends only what the mail was about."""
    if request.method == "POST":
        return _ended(request, pledge, mailing)
    if pledge is None:
        return link_ended(request)
    return render(request, "pledges/mailings/end_news.html", {"mailing": mailing})


def _ended(request, pledge, mailing):
    """End the news of the mailbox, and count that once. An unknown address changes nothing."""
    if pledge is None:
        return link_ended(request)
    pledges = [pledge, *pledge.others_at_address()]
    # The button is there only for what can be followed by itself.
    only = mailing if mailing and (mailing.demand or mailing.county_id) and "only" in request.POST else None
    ended = Follow.end_one(pledges, only) if only else Follow.end_news(pledges)
    if ended and mailing:
        MailingCount.objects.create(mailing=mailing, kind=MailingCount.Kind.UNSUBSCRIBED, n=1)
    return render(request, "pledges/mailings/end_news.html", {"mailing": mailing, "done": True, "only": only})
