"""Sitemap of all public pages, with alternates in both languages."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap

from campaign.content import SiteContent
from campaign.pages.models import Page
from pledges.content import PledgeContent
from pledges.fixed_pages import fixed_pages
from pledges.mailings.models import MailingContent


class SiteSitemap(Sitemap):
    """Every public page once. URLs begin with SITE_URL, as the canonical URLs do, and not with the host of the request."""

    i18n = True
    alternates = True

    def items(self):
        content, pledge_content = SiteContent.current(), PledgeContent.current()
        return [
            *(page for page in fixed_pages().values() if page.in_sitemap),
            *(page for page in content.pages if page.key != Page.PRIVACY),
            *content.articles,
            *pledge_content.counties_with_page,
            *pledge_content.events,
            *MailingContent.current().mailings,
            *content.demands,
        ]

    def lastmod(self, item):
        return getattr(item, "changed_at", None)

    def get_urls(self, page=1, site=None, protocol=None):
        """Add x-default, which is the Albanian page: Django's own x-default would be a URL without language prefix."""
        urls = super().get_urls(page, site, protocol)
        for url in urls:
            [albanian] = [link for link in url["alternates"] if link["lang_code"] == settings.LANGUAGE_CODE]
            url["alternates"].append(albanian | {"lang_code": "x-default"})
        return urls

    def get_protocol(self, protocol=None):
        return urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site=None):
        return urlsplit(settings.SITE_URL).netloc
