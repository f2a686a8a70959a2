"""Checks of a restored database; bin/check-backup and bin/restore call it."""

import json
import uuid

from django.core.management.base import BaseCommand, CommandError

from pledges import addresses
from pledges.counting.models import count
from pledges.crypto import keys
from pledges.groups.models import GroupPledge
from pledges.mail.models import Message
from pledges.providers.models import BlockedAddress
from pledges.referrals.models import ReferralLink
from pledges.supporters.models import Pledge

SAMPLE_ROWS = 50


class Command(BaseCommand):
    """Count the people, and check that the keys in the environment open the ciphertexts. Prints figures as JSON."""

    # They need a database.
    requires_system_checks = []
    help = "Count the people of a restored database, and check that the present keys fit it."

    def handle(self, **options):
        self.stdout.write(json.dumps(check()))


def check():
    """Count the people, check ciphertexts and digests; returns figures. Raises CommandError if something is wrong."""
    count()
    opened = open_sample()
    check_digests()
    return {"confirmed": Pledge.objects.confirmed().count(), "opened": opened}


def open_sample():
    """Decrypt some rows of each table with ciphertexts; returns how many opened.

    Raises CommandError if most of a table do not. Single damaged rows are an alarm of `/readyz` and no reason to refuse a backup.
    """
    opened = 0
    for model, column in (
        (Pledge, "address"),
        (GroupPledge, "address"),
        (BlockedAddress, "address"),
        (Message, "address"),
        (ReferralLink, "code"),
    ):
        rows = model.objects.exclude(**{f"{column}_cipher": None}).order_by("pk")
        # From a random id on, so that each backup looks at others.
        sample = [*rows.filter(pk__gte=uuid.uuid4())[:SAMPLE_ROWS], *rows[:SAMPLE_ROWS]]
        count = sum(_opens(row, column) for row in sample)
        if count * 2 < len(sample):
            raise CommandError(
                f"FIELD_KEYS do not open the ciphertexts of {model._meta.db_table}: put back the keys of this backup."
            )
        opened += count
    return opened


def _opens(row, column):
    try:
        getattr(row, column)
    except keys.CannotDecrypt:
        return False
    return True


def check_digests():
    """Raise CommandError if no digest of a sample can be recomputed. Rows wait for it after a change of keys."""
    sample = list(Pledge.objects.with_person().order_by("pk")[:SAMPLE_ROWS])
    if sample and not any(
        bytes(pledge.address_digest) in keys.digests("address", addresses.normalise(pledge.address))
        for pledge in sample
    ):
        raise CommandError("DIGEST_KEYS are not those of this database: put back the keys of this backup.")
