"""manage.py seed: create the starter content, and correct what staff left alone."""

from django.core.management.base import BaseCommand
from django.db import transaction

import campaign.starter
import pledges.starter


class Command(BaseCommand):
    """Create and correct the starter content. Idempotent."""

    help = "Create starter content by stable keys, and correct what staff left alone. What they changed or deleted stays so."

    @transaction.atomic
    def handle(self, **options):
        written = pledges.starter.write() + campaign.starter.write()
        if options["verbosity"]:
            self.stdout.write(f"Starter content: {written} new or corrected.")
