"""Sitemap of all public pages, with alternates in both languages."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from campaign.content import SiteContent
from campaign.pages.models import Page
from pledges.content import PledgeContent
from pledges.fixed_pages import fixed_pages
from pledges.mailings.models import MailingContent


class PageSitemap(Sitemap):
    """Pages whose URLs are fixed in the code."""

    i18n = True
    alternates = True

    def items(self):
        return [name for name, page in fixed_pages().items() if page.in_sitemap]

    def location(self, item):
        return reverse(item)

    def get_urls(self, page=1, site=None, protocol=None):
        """Add x-default, which is the Albanian page: Django's own x-default would be a URL without language prefix."""
        urls = super().get_urls(page, site, protocol)
        for url in urls:
            [albanian] = [link for link in url["alternates"] if link["lang_code"] == settings.LANGUAGE_CODE]
            url["alternates"].append(albanian | {"lang_code": "x-default"})
        return urls

    # URLs begin with SITE_URL, as the canonical URLs of the pages do, and not with the host of the request.

    def get_protocol(self, protocol=None):
        return urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site=None):
        return urlsplit(settings.SITE_URL).netloc


class ContentSitemap(PageSitemap):
    """Published content pages and articles."""

    def items(self):
        content = SiteContent.current()
        return [*(page for page in content.pages if page.key != Page.PRIVACY), *content.articles]

    def location(self, item):
        return item.get_absolute_url()

    def lastmod(self, item):
        return item.changed_at


class CountySitemap(PageSitemap):
    def items(self):
        return PledgeContent.current().counties_with_page

    def location(self, item):
        return reverse("pledges:county", args=[item.slug])


class EventSitemap(PageSitemap):
    def items(self):
        return PledgeContent.current().events

    def location(self, item):
        return item.get_absolute_url()

    def lastmod(self, item):
        return item.changed_at


class MailingSitemap(PageSitemap):
    """The page of each news by email."""

    def items(self):
        return MailingContent.current().mailings

    def location(self, item):
        return item.get_absolute_url()

    def lastmod(self, item):
        return item.released_at


class DemandSitemap(PageSitemap):
    def items(self):
        return [history.demand for history in SiteContent.current().demands]

    def location(self, item):
        return item.get_absolute_url()


SITEMAPS = {
    "pages": PageSitemap,
    "content": ContentSitemap,
    "counties": CountySitemap,
    "events": EventSitemap,
    "mailings": MailingSitemap,
    "demands": DemandSitemap,
}
