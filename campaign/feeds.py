"""Atom feed of the news, one per language."""

from datetime import datetime, time

from django.contrib.syndication.views import Feed
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaign import texts
from campaign.models import Article
from pledges.http import mark_public

MAX_ITEMS = 20


class NewsFeed(Feed):
    """The latest articles in the active language."""

    feed_type = Atom1Feed

    def __call__(self, request, *args, **kwargs):
        return mark_public(super().__call__(request, *args, **kwargs))

    def title(self):
        return _("We are 1: news")

    def subtitle(self):
        return texts.read()[get_language()]["home_eyebrow"]

    def link(self):
        return reverse("campaign:news")

    def items(self):
        return Article.objects.published()[:MAX_ITEMS]

    def item_title(self, article):
        return article.title

    def item_description(self, article):
        return article.lead

    def item_pubdate(self, article):
        return timezone.make_aware(datetime.combine(article.date, time(12)))

    def item_updateddate(self, article):
        return article.changed_at
