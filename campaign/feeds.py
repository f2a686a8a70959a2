"""Atom feed of the news, one per language."""

from datetime import datetime, time

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaign.content import SiteContent
from pledges.figures.brand import brand

MAX_ITEMS = 20


class NewsFeed(Feed):
    """The latest articles in the active language."""

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
        return SiteContent.current().articles[:MAX_ITEMS]

    def item_link(self, article):
        return settings.SITE_URL + article.get_absolute_url()

    def item_title(self, article):
        return article.title

    def item_description(self, article):
        return article.lead

    def item_pubdate(self, article):
        return timezone.make_aware(datetime.combine(article.date, time(12)))

    def item_updateddate(self, article):
        return article.changed_at
