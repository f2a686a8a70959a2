"""manage.py seed: create the starter content that is missing."""

from django.core.management.base import BaseCommand
from django.db import transaction

import campaign.starter
import pledges.starter


class Command(BaseCommand):
    help = "Create starter content by stable keys, each item once. What staff changed or deleted stays so."

    @transaction.atomic
    def handle(self, **options):
        written = pledges.starter.write() + campaign.starter.write()
        if options["verbosity"]:
            self.stdout.write(f"Starter content: {written} new.")
