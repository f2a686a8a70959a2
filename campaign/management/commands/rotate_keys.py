"""manage.py rotate_keys: bring every row to the first keys, while the site takes no forms."""

import time
from datetime import timedelta

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError
from django.db.models.functions import Now

from pledges import rotation
from pledges.inbox.submissions import settle_all
from pledges.models import Heartbeat, Pledge, ReturnedMailbox, Rotation, Unreadable
from pledges.rotation import ENCRYPTED_TEXTS
from pledges.worker.models import LATE_AFTER
from staff import secrets

# Seconds between two updates of the progress.
PROGRESS_INTERVAL = 10


class Command(BaseCommand):
    help = (
        "Bring every row to the first keys. First put the new key in front of FIELD_KEYS, DIGEST_KEYS or both and restart all "
        "processes: from then on the site takes no forms, and this command opens it again. It can be interrupted and repeated."
    )

    def handle(self, **options):
        rotation.check_keys()
        is_running = Heartbeat.objects.filter(beat_at__gt=Now() - LATE_AFTER).exists()
        if is_running and rotation.is_due() and not Rotation.objects.exists():
            raise CommandError(
                "Restart the site and the worker with the new keys first, so that every process reads what this command writes. "
                "Nothing was changed."
            )
        Rotation.begin()
        settle_all()
        kept = self.renew()
        # All that strangers write is renewed.
        Rotation.objects.all().delete()
        try:
            changed = secrets.rotate()
        except InvalidToken as error:
            raise CommandError(
                "The site takes forms again, but a second factor of staff does not open: put back the key of FIELD_KEYS that is "
                "missing, or let an administrator remove the factor. Then run this command again."
            ) from error
        self.stdout.write(f"Secrets of staff: {changed} rows.")
        self.conclude(kept)

    def renew(self):
        """Renew the rows of all models until nothing is left; returns the ids of pledges that keep their digests."""
        progress = Progress(self.stdout, sum(rotation.stale(model).count() for model in ENCRYPTED_TEXTS))
        kept = []
        for model in ENCRYPTED_TEXTS:
            changed, found = rotation.renew(model, progress)
            kept += found
            if changed:
                self.stdout.write(f"{model._meta.db_table}: {changed} rows.")
        return kept

    def conclude(self, kept):
        """Say what was left, and which keys are no longer needed."""
        if kept:
            self.stdout.write(
                f"{len(kept)} pledges keep their old digests, because other pledges are of the same person or mailbox: "
                f"{', '.join(str(pk)[:8] for pk in kept)}. Withdraw the duplicates in the admin and run this command again."
            )
        if unreadable := Unreadable.objects.count():
            self.stdout.write(
                f"{unreadable} values that no key opens are listed in the table pledges_unreadable: put back the key that is "
                "missing and run this command again, or erase the rows."
            )
        if left := sum(rotation.stale(model).count() for model in (Pledge, ReturnedMailbox)):
            self.stdout.write(
                f"Done, and the site takes forms again. Of FIELD_KEYS only the first key is needed. {left} rows have a digest of "
                "an old key of DIGEST_KEYS, because the address is erased or a duplicate: keep that key behind the first one, "
                "unless it has leaked. Without it these people could pledge again, and get news although mail came back."
            )
        else:
            self.stdout.write(
                "Done, and the site takes forms again. Of FIELD_KEYS and DIGEST_KEYS only the first key is needed: after a day, "
                "when no limit of messages counts by an old one any more, remove the others and restart all processes."
            )


class Progress:
    """How far it is, on the terminal, and in the database the time when the site opens."""

    def __init__(self, stdout, total):
        self.stdout, self.total, self.done = stdout, total, 0
        self.started_at = self.shown_at = time.monotonic()

    def __call__(self, rows):
        """Add the rows of a batch."""
        self.done += rows
        now = time.monotonic()
        if now - self.shown_at < PROGRESS_INTERVAL or not self.done:
            return
        self.shown_at = now
        left = max(0, self.total - self.done) * (now - self.started_at) / self.done
        Rotation.objects.update(opens_at=Now() + timedelta(seconds=left))
        self.stdout.write(f"{self.done:,} of {self.total:,} rows, {left / 60:.0f} min left.")
