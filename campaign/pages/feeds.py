"""Atom feeds of the news and of the steps of the demands, one of each per language."""

from datetime import datetime, time
from operator import itemgetter

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import http_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaign.content import SiteContent
from pledges.mailings.models import MailingContent
from pledges.serving.http import public_page
from pledges.sharing import brand

MAX_ITEMS = 20


@public_page
def news(request):
    """The latest articles and news by email."""
    entries = [
        *map(_of_article, SiteContent.current().articles[:MAX_ITEMS]),
        *map(_of_mailing, MailingContent.current().mailings[:MAX_ITEMS]),
    ]
    entries.sort(key=itemgetter("pubdate"), reverse=True)
    return _feed("campaign:feed", _("We are 1: news"), reverse("campaign:news"), entries[:MAX_ITEMS])


@public_page
def demands(request):
    """Every step of every demand that is shown, those entered last first, corrections among them."""
    content = SiteContent.current()
    listing = content.page_by_key.get("demands")
    steps = [(demand, step) for demand in content.demands for step in demand.steps.all()]
    steps.sort(key=lambda item: (item[1].entered_at, item[1].pk), reverse=True)
    path = listing.get_absolute_url() if listing else reverse("campaign:home")
    title = _("We are 1: what happens to our demands")
    return _feed("campaign:demand_feed", title, path, [_of_step(*item) for item in steps])


def _feed(name, title, path, entries):
    """The response at the URL `name`: the feed of the page at this path. `entries` are arguments of `add_item`."""
    feed = Atom1Feed(
        title,
        settings.SITE_URL + path,
        None,
        subtitle=SiteContent.current().texts[get_language()]["home_eyebrow"],
        language=get_language(),
        feed_url=settings.SITE_URL + reverse(name),
        # RFC 4287 requires an author of the feed or of every entry.
        author_name=brand(),
        author_link=settings.SITE_URL + reverse("campaign:home"),
    )
    for entry in entries:
        feed.add_item(**entry)
    headers = {"Last-Modified": http_date(feed.latest_post_date().timestamp())}
    return HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type, headers=headers)


def _entry(title, text, path, at, changed_at):
    url = settings.SITE_URL + path
    times = {"pubdate": at, "updateddate": changed_at}
    return {"title": title, "description": text, "link": url, "unique_id": url, **times}


def _of_article(article):
    # It has no time of day.
    at = timezone.make_aware(datetime.combine(article.date, time(12)))
    return _entry(article.title, article.lead, article.get_absolute_url(), at, article.changed_at)


def _of_mailing(mailing):
    """Its words never change once it is sent."""
    first = mailing.words(get_language()).paragraphs[0]
    return _entry(mailing.subject, first, mailing.get_absolute_url(), mailing.released_at, mailing.released_at)


def _of_step(demand, step):
    title = "%(demand)s: %(step)s"
    if step.corrects_id:
        title = _("%(demand)s: %(step)s (correction)")
    elif step.pk in demand.corrections:
        title = _("%(demand)s: %(step)s (corrected)")
    source = f"{_('Source:')} {step.source_title}, {step.source_url}"
    return _entry(
        title % {"demand": demand.title, "step": str(step)},
        " ".join(filter(None, [step.sentence, step.reason, source])),
        f"{demand.get_absolute_url()}#step-{step.pk}",
        step.entered_at,
        demand.corrections.get(step.pk, step).entered_at,
    )
