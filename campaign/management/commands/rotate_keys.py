from django.core.management.base import BaseCommand, CommandError

from pledges import rotation
from staff import secrets


class Command(BaseCommand):
    help = (
        "Bring every row to the newest keys. First put the new key in front of FIELD_KEYS, DIGEST_KEYS or DJANGO_SECRET_KEYS and "
        "restart all processes; run this, as often as you like; then take the old key out, restart, and run it once more."
    )

    def handle(self, **options):
        say = self.stdout.write
        say(f"Encrypted anew: {rotation.reencrypt(lambda done: say(f'  {done} rows'))} rows.")
        say(f"Secrets of staff encrypted anew: {secrets.rotate()} rows.")
        done, collided = rotation.redigest(lambda done: say(f"  {done} rows"))
        say(f"Digests computed anew: {done} rows.")
        if collided:
            raise CommandError(
                f"{len(collided)} pledges keep their old digests: their address is one mailbox with others now. "
                "Look at them in the admin and withdraw what is double: " + ", ".join(str(pk)[:8] for pk in collided)
            )
        say(
            "Done. Old keys of FIELD_KEYS and DIGEST_KEYS can go now (restart, then run this once more). An old key of "
            "DJANGO_SECRET_KEYS should stay as long as links signed by it are to work."
        )
