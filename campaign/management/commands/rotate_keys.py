"""manage.py rotate_keys: bring every row to the newest keys."""

import time

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError

from pledges.crypto import registry
from pledges.models import Pledge, RegisteredKey, Submission, Unreadable
from pledges.rotation import registration, rotation
from staff import secrets

# Seconds between two lines of progress.
PROGRESS_INTERVAL = 5
# Rows that are stored with the old keys during a pass are found by the next one.
MOST_PASSES = 5


class Command(BaseCommand):
    """Register the newest keys, and re-encrypt and re-digest every row with them. Idempotent."""

    help = (
        "Bring every row to the newest keys. First put the new key in front of FIELD_KEYS, DIGEST_KEYS or both and restart all "
        "processes, which go on writing with the old ones. Run this command: it registers the new keys and brings them into use. "
        "It can be interrupted and repeated. Then remove the old keys, restart all processes, and run it again."
    )

    def handle(self, **options):
        self.reencrypted = self.secrets = self.redigested = 0
        registry.forget()
        registry.check()
        unreadable, tried = registration.count_unreadable()
        if unreadable:
            raise CommandError(
                f"{unreadable} of {tried} ciphertexts that were tried do not open: put back the key of FIELD_KEYS that is "
                "missing. Nothing was changed."
            )
        # What an interrupted rotation, or the removal of an old key, has left.
        self.bring_up_to_date()
        begun = [name for name in registry.LISTS if registration.begin(name)]
        if begun:
            self.bring_up_to_date()
        self.stdout.write(f"Re-encrypted: {self.reencrypted} rows.")
        self.stdout.write(f"Secrets of staff re-encrypted: {self.secrets} rows.")
        self.stdout.write(f"Digests recomputed: {self.redigested} rows.")
        self.stdout.write(self.conclusion())

    def bring_up_to_date(self):
        """Bring all rows to the registered keys, make the coming ones current, and drop those that nothing needs."""
        if seconds := RegisteredKey.objects.seconds_until_noticed():
            self.stdout.write(f"Waiting {seconds:.0f} seconds, until every process has noticed the new keys.")
            time.sleep(seconds)
        for _pass in range(MOST_PASSES):
            self.change_rows()
            finished = [name for name in registry.LISTS if registration.finish(name)]
            if len(finished) == len(registry.LISTS) and not rotation.count_stale_ciphers():
                break
        else:
            self.fail_unfinished()
        for name in registry.LISTS:
            if dropped := registration.drop_unlisted(name):
                self.stdout.write(f"{name}: {dropped} old key is no longer in use.")

    def change_rows(self):
        """One pass over all rows. Raises CommandError if pledges collide."""
        total = rotation.count_stale_ciphers()
        self.reencrypted += rotation.reencrypt(Progress(self.stdout, "re-encrypting", total))
        try:
            self.secrets += secrets.rotate()
        except InvalidToken as error:
            raise CommandError(
                "A second factor of staff does not open: put back the key of FIELD_KEYS that is missing, or let an administrator "
                "remove the factor."
            ) from error
        total = Pledge.objects.with_stale_digests().count()
        done, collided = rotation.redigest(Progress(self.stdout, "recomputing digests", total))
        self.redigested += done
        if collided:
            raise CommandError(
                f"{len(collided)} pledges keep their old digests, because their address is now the same mailbox as that of other "
                "pledges, or does not open. Withdraw the duplicates in the admin: "
                + ", ".join(str(pk)[:8] for pk in collided)
            )

    def fail_unfinished(self):
        """Raise CommandError with the reason why the rotation cannot be finished."""
        if unsettled := Submission.objects.with_old_keys().count():
            raise CommandError(
                f"{unsettled} submissions still need the old keys. Those set aside are listed in the admin: remove the cause and "
                "try them again, or erase them. Then run this command again."
            )
        if unreadable := Unreadable.objects.count():
            raise CommandError(
                f"{unreadable} rows that no key opens are listed in the table pledges_unreadable: put back the key that is "
                "missing, or erase the rows. Then run this command again."
            )
        raise CommandError(
            "Rows are still being written with the old keys: restart every process that does not have the new keys yet. Then run "
            "this command again."
        )

    def conclusion(self):
        """The sentence that says what remains to be done."""
        if RegisteredKey.objects.filter(state=registry.State.LEAVING).exists():
            return "Done. Remove the old keys of FIELD_KEYS and DIGEST_KEYS, restart all processes, and run this command again."
        return "Done. Each list has one key in use."


class Progress:
    """Prints the number of rows done and an estimate of the time left, every PROGRESS_INTERVAL seconds."""

    def __init__(self, stdout, what, total):
        self.stdout, self.what, self.total = stdout, what, total
        self.started_at = self.printed_at = time.monotonic()

    def __call__(self, done):
        now = time.monotonic()
        if now - self.printed_at < PROGRESS_INTERVAL:
            return
        self.printed_at = now
        left = max(0, self.total - done) * (now - self.started_at) / done
        self.stdout.write(
            f"  {self.what}: {done:,} of {max(self.total, done):,} rows, about {int(left) // 60} min {int(left) % 60} s left"
        )
        self.stdout.flush()
