"""The worker: sends messages, folds the tally and keeps house."""

import logging
import threading

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string
from django_tasks_db.management.commands import db_worker

from pledges.models import FailedStep, Heartbeat
from pledges.totals import tally

logger = logging.getLogger(__name__)

FOLD_EVERY = 1  # seconds
BEAT_EVERY = 30  # folds
KEEP_HOUSE_EVERY = 60  # folds


class Housekeeper(threading.Thread):
    """Folds the tally every second and runs the housekeeping steps every minute. Several at the same time do no harm."""

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
                self.keep_house()
            rounds += 1
        connection.close()

    def keep_house(self):
        """Run every housekeeping step of every app, and record in the database which of them fail."""
        failed = []
        for steps in settings.HOUSEKEEPING:
            for step in import_string(steps):
                if error := self.do(step):
                    failed.append(path_of(step))
                    self.do(FailedStep.record, failed[-1], error)
        self.do(FailedStep.keep_only, failed)

    def do(self, step, *arguments):
        """Take one step; the next round tries again if it fails. Returns the exception, if any, and logs only its class."""
        try:
            step(*arguments)
        except Exception as error:
            logger.error("%s: %s", path_of(step), type(error).__name__)
            # The database may have been away.
            connection.close()
            return error
        return None


def path_of(step):
    """The dotted path of a function."""
    return f"{step.__module__}.{step.__name__}"


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
