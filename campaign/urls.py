"""URLs of the home page, help, search, news and previews, under the language prefix."""

from django.urls import path
from django.utils.translation import pgettext_lazy

import pledges.urls  # noqa: F401 - registers the path converter "token"
from campaign import feeds
from campaign.views import content
from pledges.http import public_page

app_name = "campaign"
urlpatterns = [
    path("", content.home, name="home"),
    path(pgettext_lazy("address", "help/"), content.help_page, name="help"),
    path(pgettext_lazy("address", "privacy/"), content.privacy, name="privacy"),
    path(pgettext_lazy("address", "search/"), content.search, name="search"),
    path(pgettext_lazy("address", "news/"), content.news, name="news"),
    path(pgettext_lazy("address", "news/feed/"), public_page(feeds.NewsFeed()), name="feed"),
    path(pgettext_lazy("address", "news/<int:year>/"), content.news, name="news_of_year"),
    path(pgettext_lazy("address", "news/<slug:slug>/"), content.article, name="article"),
    path(pgettext_lazy("address", "preview/<token:token>/"), content.preview, name="preview"),
]
