"""The worker process: settles submissions, runs tasks, queues news, sends messages, counts the people, runs housekeeping."""

import logging
import threading
import time

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.utils.module_loading import import_string
from django_tasks_db.management.commands import db_worker

from pledges import database
from pledges.counting.models import Counter
from pledges.health import probes
from pledges.inbox import submissions
from pledges.mail import mailers
from pledges.mail.sending import Sender
from pledges.mailings.models import Mailing
from pledges.worker.models import FailedStep, Heartbeat

logger = logging.getLogger(__name__)

# An idle worker looks for submissions this often.
SETTLING_INTERVAL_SECONDS = 0.5
# How often news by email is queued.
FEEDING_INTERVAL_SECONDS = 0.5
# How often the worker looks whether it should count.
COUNTING_INTERVAL_SECONDS = 0.2
PROBING_INTERVAL_SECONDS = 30
HOUSEKEEPING_EVERY_PROBES = 2
# Above the timeout of one operation of the mail server (`weare1.env.mailer`), so that a message in hand is finished.
STOP_SECONDS = 15


def dotted_path(function):
    """The import path of a function, such as "pledges.housekeeping.remind"."""
    return f"{function.__module__}.{function.__name__}"


def attempt(step, *arguments):
    """Call a function; returns (what it returned, None) or (None, its exception). Only the class of the exception is logged."""
    try:
        return step(*arguments), None
    except Exception as error:
        logger.error("%s: %s", dotted_path(step), type(error).__name__)
        # The connection may be broken. Django opens a new one.
        connection.close()
        return None, error


class Repeater(threading.Thread):
    """A thread that repeats a step, which returns how much it did. Several may run at the same time.

    While there is work, a step follows the one before at once.
    """

    def __init__(self, step, interval):
        super().__init__(daemon=True, name=step.__name__)
        self.stopped = threading.Event()
        self._step = step
        self._interval = interval

    def run(self):
        while not self.stopped.is_set():
            done, _error = attempt(self._step)
            if not done:
                self.stopped.wait(self._interval)
        connection.close()


class Housekeeper(Repeater):
    """A thread that probes every half minute and runs housekeeping every minute."""

    def __init__(self):
        super().__init__(self.look_after, PROBING_INTERVAL_SECONDS)
        self._clock = probes.ClockWatch()
        # A time of the monotonic clock.
        self._certificate_due = 0
        self._rounds = 0

    def look_after(self):
        attempt(self.probe)
        if self._rounds % HOUSEKEEPING_EVERY_PROBES == 0:
            self.run_housekeeping()
        self._rounds += 1

    def probe(self):
        """Write the heartbeat with the state of clock and certificate."""
        self._clock.look()
        if Heartbeat.is_ahead():
            probes.mend_after_set_back()
        Heartbeat.beat(is_clock_steady=self._clock.is_steady, **self._certificate())

    def _certificate(self):
        """The columns about the certificate, or none while it is not due."""
        if time.monotonic() < self._certificate_due:
            return {}
        ends_at = probes.read_certificate_end() if probes.has_certificate() else None
        interval = probes.READ_INTERVAL if ends_at else probes.RETRY_INTERVAL
        self._certificate_due = time.monotonic() + interval.total_seconds()
        return {"certificate_read_at": Now() if probes.has_certificate() else None, "certificate_ends_at": ends_at}

    def run_housekeeping(self):
        """Run the housekeeping steps of all apps, and save which of them failed.

        None while the clock is ahead: the steps would erase what is not due.
        """
        if self._clock.is_ahead:
            logger.error("housekeeping is suspended: the clock has jumped forward by %d seconds", self._clock.jump)
            return
        failed = []
        for steps in settings.HOUSEKEEPING:
            for step in import_string(steps):
                _done, error = attempt(step)
                if error:
                    failed.append(dotted_path(step))
                    attempt(FailedStep.record, dotted_path(step), error)
        attempt(FailedStep.keep_only, failed)


def threads():
    """The unstarted threads beside the tasks. Each runs until its event `stopped` is set."""
    senders = [Sender(mailer) for mailer in mailers.in_use()]
    settler = Repeater(submissions.settle, SETTLING_INTERVAL_SECONDS)
    feeder = Repeater(Mailing.objects.fill_queue, FEEDING_INTERVAL_SECONDS)
    counter = Repeater(Counter().count_if_due, COUNTING_INTERVAL_SECONDS)
    return [settler, feeder, counter, *senders, Housekeeper()]


class Command(db_worker.Command):
    help = (
        "Settle submissions, run background tasks, send messages, count the people and run housekeeping, until stopped."
    )

    def handle(self, **options):
        database.limit(database.WORKER_OPTIONS)
        probes.check_start()
        running = threads()
        for thread in running:
            thread.start()
        try:
            super().handle(**options)
        finally:
            for thread in running:
                thread.stopped.set()
            deadline = time.monotonic() + STOP_SECONDS
            for thread in running:
                thread.join(timeout=max(0, deadline - time.monotonic()))
