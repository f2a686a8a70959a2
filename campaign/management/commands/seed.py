from django.core.management.base import BaseCommand
from django.db import transaction

import campaign.starter
import pledges.starter


class Command(BaseCommand):
    help = "Create starter content by stable keys; never brings back what staff changed or deleted."

    @transaction.atomic
    def handle(self, **options):
        made = pledges.starter.create_missing() + campaign.starter.create_missing()
        if options["verbosity"]:
            self.stdout.write(f"Starter content: {made} new.")
