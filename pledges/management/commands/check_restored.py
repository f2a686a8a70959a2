"""Checks of a restored database; bin/check-backup and bin/restore call it."""

import json
import uuid

from django.core.management.base import BaseCommand, CommandError

from pledges import rotation
from pledges.counting.models import count
from pledges.crypto import keys
from pledges.rotation import ENCRYPTED_TEXTS
from pledges.supporters.models import Pledge

SAMPLE_ROWS = 50


class Command(BaseCommand):
    # They need a database.
    requires_system_checks = []
    help = "Count the people of a restored database, and check that the present keys fit it. Prints figures as JSON."

    def handle(self, **options):
        self.stdout.write(json.dumps(check()))


def check():
    """Count the people, check ciphertexts and digests; returns figures. Raises CommandError or ImproperlyConfigured."""
    count()
    opened = open_sample()
    rotation.check_keys()
    return {"confirmed": Pledge.objects.confirmed().count(), "opened": opened}


def open_sample():
    """Decrypt some rows of each table with ciphertexts; returns how many opened.

    Raises CommandError if most do not. Single damaged rows are an alarm of `/readyz` and no reason to refuse a backup, even the
    only ones of their table.
    """
    opens = []
    for model, texts in ENCRYPTED_TEXTS.items():
        for text in texts:
            rows = model.objects.exclude(**{f"{text}_cipher": None}).order_by("pk")
            # From a random id on, so that each backup looks at others.
            opens += [
                _opens(row, text) for row in [*rows.filter(pk__gte=uuid.uuid4())[:SAMPLE_ROWS], *rows[:SAMPLE_ROWS]]
            ]
    if sum(opens) * 2 < len(opens):
        raise CommandError("FIELD_KEYS do not open most ciphertexts: put back the keys of this backup.")
    return sum(opens)


def _opens(row, text):
    try:
        getattr(row, text)
    except keys.CannotDecrypt:
        return False
    return True
