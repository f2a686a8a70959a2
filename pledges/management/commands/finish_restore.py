"""Makes a restored database ready for the site; bin/restore calls it."""

import json
import sys

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from pledges.backups import restored
from pledges.backups.models import Backup
from pledges.mailings.models import Mailing
from pledges.management.commands.check_restored import check
from pledges.published.models import PublishedFigure


class Command(BaseCommand):
    help = (
        "Migrate a restored database, apply the tombstones on standard input (one JSON object a line), end sessions of staff, "
        "and check it. Prints figures as JSON."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--since", required=True, help="Older tombstones are part of the restored state (ISO 8601)."
        )
        parser.add_argument("--administrator", help="Lock all staff but this account, by its email address.")

    def handle(self, *, since, administrator, **options):
        call_command("migrate", verbosity=0)
        # Before anything is changed by wrong keys.
        check()
        applied = restored.apply([json.loads(line) for line in sys.stdin], parse_datetime(since))
        restored.end_staff_access()
        if administrator and not restored.lock_staff(administrator):
            raise CommandError(f"{administrator} is no active account of staff at this moment: name another one.")
        restored.skip_lost_ids()
        Mailing.objects.cancel_unfinished()
        # A second look at the same people in one day would tell more of them.
        PublishedFigure.objects.update(looked_at=timezone.now())
        # This machine has no backup yet.
        Backup.objects.all().delete()
        self.stdout.write(json.dumps(check() | {"applied": applied}))
