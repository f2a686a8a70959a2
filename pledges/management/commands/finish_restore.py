"""Makes a restored database ready for the site; bin/restore calls it."""

import json
import sys

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from pledges import outbox
from pledges.mailings.models import Mailing
from pledges.management.commands.check_restored import check
from pledges.outbox import accounts
from pledges.published.models import PublishedFigure


class Command(BaseCommand):
    """Migrate, repeat erasures, end what opens the admin, and check. Prints figures as JSON.

    Standard input holds the entries of the outbox, one JSON object per line.
    """

    help = "Migrate a restored database, repeat the erasures on standard input, end sessions of staff, and check it."

    def add_arguments(self, parser):
        parser.add_argument("--since", required=True, help="Older entries are part of the restored state (ISO 8601).")

    def handle(self, *, since, **options):
        entries = [json.loads(line) for line in sys.stdin]
        call_command("migrate", verbosity=0)
        replayed = outbox.replay(entries, parse_datetime(since))
        accounts.end_staff_access()
        Mailing.objects.cancel_unfinished()
        # A second look at the same people in one day would tell more of them.
        PublishedFigure.objects.update(looked_at=timezone.now())
        self.stdout.write(json.dumps(check() | {"replayed": replayed}))
