"""The worker: sends messages, folds the tally and keeps house."""

import logging
import threading

from django.db import connection
from django_tasks_db.management.commands import db_worker

from pledges import housekeeping, totals
from staff import housekeeping as staff_housekeeping

logger = logging.getLogger(__name__)

FOLD_EVERY = 1  # seconds
KEEP_HOUSE_EVERY = 60  # folds


class Housekeeper(threading.Thread):
    """Folds every second and keeps house every minute, beside the tasks. Several at once do no harm."""

    def __init__(self):
        super().__init__(daemon=True)
        self.stopped = threading.Event()

    def run(self):
        rounds = 0
        while not self.stopped.wait(FOLD_EVERY):
            try:
                totals.fold()
                if rounds % KEEP_HOUSE_EVERY == 0:
                    housekeeping.every_minute()
                    staff_housekeeping.every_minute()
            except Exception as error:
                # Whatever it was, such as a database that is away: the next round tries again.
                logger.error("housekeeping: %s", type(error).__name__)
                connection.close()
            rounds += 1
        connection.close()


class Command(db_worker.Command):
    help = "Send messages, fold the tally and keep house, until stopped."

    def handle(self, **options):
        housekeeper = Housekeeper()
        housekeeper.start()
        try:
            super().handle(**options)
        finally:
            housekeeper.stopped.set()
            housekeeper.join(timeout=5)
