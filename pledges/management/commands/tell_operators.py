"""Run by alarm.timer every five minutes, and by `bin/check-backup`. See `pledges.health.alarm`."""

import os
from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from pledges.health import alarm


class Command(BaseCommand):
    help = "Email OPERATOR_EMAIL about checks of /readyz that have failed for ten minutes, and about those that pass again."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--line", help="Email this line instead, if OPERATOR_EMAIL names anybody.")

    def handle(self, *, line, **options):
        told = settings.OPERATOR_EMAILS or settings.HEARTBEAT_URL
        if line is None and not (told and os.environ.get("STATE_DIRECTORY")):
            raise CommandError(
                "Set OPERATOR_EMAIL or HEARTBEAT_URL, and STATE_DIRECTORY, the folder of its state (see deploy/alarm.service)."
            )
        try:
            if line is None:
                alarm.look(Path(os.environ["STATE_DIRECTORY"]) / "told.json")
            elif settings.OPERATOR_EMAILS:
                alarm.send(line, line)
        except OSError as error:
            raise CommandError(f"Operators could not be told: {type(error).__name__}") from error
