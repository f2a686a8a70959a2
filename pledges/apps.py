"""App configuration: checks the encryption keys at start-up."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from pledges.crypto import keys


class PledgesConfig(AppConfig):
    """Pledges of supporters, their messages and the totals."""

    name = "pledges"
    verbose_name = _("Pledges and messages")

    def ready(self):
        """Stop the start of every process if the encryption keys are unusable."""
        keys.check_settings()
