"""Applies the migrations while the site runs. A statement gives up a lock that is not free, because visitors wait behind it."""

import time

from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import OperationalError, connection

from pledges import database

# While a statement waits for the lock of a table, all others wait behind it.
LOCK_TIMEOUT_MILLISECONDS = 2000
ATTEMPTS = 5
PAUSE_SECONDS = 3
LOCK_NOT_AVAILABLE = "55P03"  # SQLSTATE
# A setting of our own, without a meaning for PostgreSQL: it tells whether options of the connection arrive.
DIRECT = "weare1.is_direct"


class Command(BaseCommand):
    """Run `migrate` with a short lock_timeout and without a statement_timeout, several times if a lock is not free."""

    help = "Apply the migrations while the site runs: locks are waited for briefly, and asked for again later."

    def handle(self, **options):
        connection.close()
        # pgbouncer passes no options on.
        database.limit({DIRECT: "on"})
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting(%s, true) = 'on'", [DIRECT])
            if cursor.fetchone() != (True,):
                raise CommandError(
                    "DATABASE_URL leads to a pool of connections, in which the limits of this command would reach other clients: "
                    "set it to PostgreSQL itself for this command, such as the port 5000 of HAProxy."
                )
            cursor.execute(
                "SELECT set_config('lock_timeout', %s, false), set_config('statement_timeout', '0', false)",
                [str(LOCK_TIMEOUT_MILLISECONDS)],
            )
        for attempt in range(ATTEMPTS):
            try:
                call_command("migrate", interactive=False, verbosity=options["verbosity"])
                return
            except OperationalError as error:
                if getattr(error.__cause__, "pgcode", None) != LOCK_NOT_AVAILABLE:
                    raise
            if attempt + 1 < ATTEMPTS:
                time.sleep(PAUSE_SECONDS)
        raise CommandError(
            f"A table stayed locked during {ATTEMPTS} attempts, and the migration was not applied: end what holds the lock, such "
            "as an export or a backup (pg_stat_activity lists it), then run this again."
        )
