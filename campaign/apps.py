"""App configuration of the content of the site."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignConfig(AppConfig):
    """Content that staff write and the public reads."""

    name = "campaign"
    verbose_name = _("Campaign")

    def ready(self):
        """Connect the checks of content and the history of demands."""
        # They import models, which cannot be loaded before ready(). The history declares its share of the content.
        from campaign import checks  # noqa: F401
        from campaign.demands import history as demand_history  # noqa: F401

    def handout(self, key):
        """The Handout with this key. pledges prints one of them and, a layer below, imports nothing of this app."""
        from campaign.content import SiteContent

        return SiteContent.current().handouts[key]
