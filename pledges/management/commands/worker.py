"""The worker: sends messages, folds the tally and keeps house."""

import logging
import threading

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string
from django_tasks_db.management.commands import db_worker

from pledges.models import Heartbeat
from pledges.totals import tally

logger = logging.getLogger(__name__)

FOLD_EVERY = 1  # seconds
BEAT_EVERY = 30  # folds
KEEP_HOUSE_EVERY = 60  # folds


class Housekeeper(threading.Thread):
    """Folds every second, keeps house every minute and says that it lives, beside the tasks. Several at once do no harm."""

    def __init__(self):
        super().__init__(daemon=True)
        self.stopped = threading.Event()

    def run(self):
        rounds = 0
        while not self.stopped.wait(FOLD_EVERY):
            if rounds % BEAT_EVERY == 0:
                self.do(Heartbeat.beat)
            self.do(tally.fold)
            if rounds % KEEP_HOUSE_EVERY == 0:
                for name in settings.EVERY_MINUTE:
                    self.do(import_string(name))
            rounds += 1
        connection.close()

    def do(self, step):
        """Take one step; whatever goes wrong, such as a database that is away, the next round tries again."""
        try:
            step()
        except Exception as error:
            logger.error("%s.%s: %s", step.__module__, step.__name__, type(error).__name__)
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
