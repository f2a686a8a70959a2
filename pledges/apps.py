"""App configuration: checks the encryption keys at start-up."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from pledges.crypto import keys


class PledgesConfig(AppConfig):
    name = "pledges"
    verbose_name = _("Pledges and messages")

    def ready(self):
        keys.check_settings()
