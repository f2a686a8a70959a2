"""manage.py rotate_keys: bring every row to the newest keys."""

from django.core.management.base import BaseCommand, CommandError

from pledges import rotation
from pledges.models import Submission
from staff import secrets


class Command(BaseCommand):
    """Re-encrypt and re-digest every row with the newest keys. Idempotent."""

    help = (
        "Bring every row to the newest keys. First put the new key in front of FIELD_KEYS, DIGEST_KEYS or DJANGO_SECRET_KEYS and "
        "restart all processes. Run this command; it can be interrupted and repeated. Then remove the old key, restart all "
        "processes, and run it again."
    )

    def handle(self, **options):
        self.stdout.write(f"Re-encrypted: {rotation.reencrypt(self.show_progress)} rows.")
        self.stdout.write(f"Secrets of staff re-encrypted: {secrets.rotate()} rows.")
        done, collided = rotation.redigest(self.show_progress)
        self.stdout.write(f"Digests recomputed: {done} rows.")
        if collided:
            raise CommandError(
                f"{len(collided)} pledges keep their old digests, because their address is now the same mailbox as that of other "
                "pledges. Withdraw the duplicates in the admin: " + ", ".join(str(pk)[:8] for pk in collided)
            )
        if unsettled := Submission.objects.with_old_keys().count():
            raise CommandError(
                f"{unsettled} submissions still need the old keys. Those set aside are listed in the admin: remove the cause and "
                "try them again, or erase them. Then run this command again."
            )
        self.stdout.write(
            "Done. Remove the old keys of FIELD_KEYS and DIGEST_KEYS, restart all processes, and run this command again. Keep an "
            "old key of DJANGO_SECRET_KEYS as long as links that it signed must work."
        )

    def show_progress(self, done):
        """Print the number of rows processed so far."""
        self.stdout.write(f"  {done} rows")
