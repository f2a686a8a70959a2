"""The sitemap: every public page in both languages, each naming its other."""

from django.contrib.sitemaps import Sitemap
from django.urls import reverse


class PageSitemap(Sitemap):
    """Pages with an address of their own in the code."""

    i18n = True
    alternates = True
    x_default = True

    def items(self):
        return [
            "campaign:home",
            "pledges:sign",
            "pledges:totals",
            "campaign:help",
            "pledges:my_pledge",
            "campaign:privacy",
        ]

    def location(self, item):
        return reverse(item)


SITEMAPS = {"pages": PageSitemap}
