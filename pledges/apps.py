from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PledgesConfig(AppConfig):
    name = "pledges"
    verbose_name = _("Pledges")

    def ready(self):
        """Stop the start when keys could not be told apart; every process passes here."""
        from pledges.crypto import keys

        keys.check_settings()
