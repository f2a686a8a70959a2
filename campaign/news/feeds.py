"""Atom feeds of the news and of the steps of the demands, one of each per language."""

from dataclasses import dataclass
from datetime import datetime, time

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaign.content import SiteContent
from pledges.mailings.models import MailingContent
from pledges.sharing import brand

MAX_ITEMS = 20


@dataclass(frozen=True)
class Entry:
    """One entry of a feed, in the active language. `url` is a path."""

    title: str
    text: str
    url: str
    at: datetime
    changed_at: datetime


class NewsFeed(Feed):
    """The latest articles and news by email in the active language."""

    feed_type = Atom1Feed

    # Absolute addresses: Django would add the host of the request.
    @property
    def feed_url(self):
        return settings.SITE_URL + reverse("campaign:feed")

    def title(self):
        return _("We are 1: news")

    def subtitle(self):
        return SiteContent.current().texts[get_language()]["home_eyebrow"]

    def link(self):
        return settings.SITE_URL + reverse("campaign:news")

    # RFC 4287 requires an author of the feed or of every entry.
    def author_name(self):
        return brand()

    def author_link(self):
        return settings.SITE_URL + reverse("campaign:home")

    def items(self):
        entries = [
            *map(_of_article, SiteContent.current().articles[:MAX_ITEMS]),
            *map(_of_mailing, MailingContent.current().mailings[:MAX_ITEMS]),
        ]
        return sorted(entries, key=lambda entry: entry.at, reverse=True)[:MAX_ITEMS]

    def item_link(self, entry):
        return settings.SITE_URL + entry.url

    def item_title(self, entry):
        return entry.title

    def item_description(self, entry):
        return entry.text

    def item_pubdate(self, entry):
        return entry.at

    def item_updateddate(self, entry):
        return entry.changed_at


def _of_article(article):
    # It has no time of day.
    at = timezone.make_aware(datetime.combine(article.date, time(12)))
    return Entry(article.title, article.lead, article.get_absolute_url(), at, article.changed_at)


def _of_mailing(mailing):
    """Its words never change once it is sent."""
    first = mailing.words(get_language()).paragraphs[0]
    return Entry(mailing.subject, first, mailing.get_absolute_url(), mailing.released_at, mailing.released_at)


class DemandFeed(NewsFeed):
    """Every step of every demand that is shown, those entered last first, corrections among them."""

    @property
    def feed_url(self):
        return settings.SITE_URL + reverse("campaign:demand_feed")

    def title(self):
        return _("We are 1: what happens to our demands")

    def link(self):
        listing = SiteContent.current().page_by_key.get("demands")
        return settings.SITE_URL + (listing.get_absolute_url() if listing else reverse("campaign:home"))

    def items(self):
        steps = [(demand, step) for demand in SiteContent.current().demands for step in demand.steps.all()]
        steps.sort(key=lambda item: (item[1].entered_at, item[1].pk), reverse=True)
        return [_of_step(*item) for item in steps]


def _of_step(demand, step):
    title = "%(demand)s: %(step)s"
    if step.corrects_id:
        title = _("%(demand)s: %(step)s (correction)")
    elif step.pk in demand.corrections:
        title = _("%(demand)s: %(step)s (corrected)")
    return Entry(
        title=title % {"demand": demand.title, "step": str(step)},
        text=" ".join(
            filter(None, [step.sentence, step.reason, f"{_('Source:')} {step.source_title}, {step.source_url}"])
        ),
        url=f"{demand.get_absolute_url()}#step-{step.pk}",
        at=step.entered_at,
        changed_at=demand.corrections.get(step.pk, step).entered_at,
    )
