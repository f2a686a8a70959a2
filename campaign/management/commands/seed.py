"""manage.py seed: create the starter content."""

from django.core.management.base import BaseCommand
from django.db import transaction

import campaign.starter
import pledges.starter


class Command(BaseCommand):
    """Create the starter content. Idempotent."""

    help = "Create starter content by stable keys. Content that staff changed or deleted is not created again."

    @transaction.atomic
    def handle(self, **options):
        made = pledges.starter.create_missing() + campaign.starter.create_missing()
        if options["verbosity"]:
            self.stdout.write(f"Starter content: {made} new.")
