"""App configuration: checks the encryption keys and the mailers at start-up."""

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from pledges.crypto import keys


class PledgesConfig(AppConfig):
    name = "pledges"
    verbose_name = _("Pledges and messages")

    def ready(self):
        # It has a model, which cannot be loaded before ready().
        from pledges.mail import mailers

        keys.check_settings()
        if not settings.DEV:
            mailers.check_settings()
