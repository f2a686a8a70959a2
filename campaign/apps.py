"""App configuration of the content of the site."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignConfig(AppConfig):
    """Content that staff write and the public reads."""

    name = "campaign"
    verbose_name = _("Campaign")

    def ready(self):
        # They import models, which cannot be loaded before ready().
        from campaign import checks  # noqa: F401

    def handout(self, key):
        """The Handout with this key. pledges prints one of them and, a layer below, imports nothing of this app."""
        from campaign.content import SiteContent

        return SiteContent.current().handouts[key]
