"""Whether the clock of the database goes on evenly, and what to mend after it was set back.

Periods of weeks are measured by that clock: a clock that jumps forward would erase what is not due, so the worker suspends
housekeeping. A jump cannot be told from the end of a wrong time, so after a day the new time is accepted.
"""

import time
from datetime import timedelta

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from pledges.mail.models import Message
from pledges.mail.sending import LEASE
from pledges.supporters.models import Pledge
from pledges.worker.models import CLOCK_TOLERANCE

ACCEPTED_AFTER = timedelta(days=1)


def seconds_ahead():
    """Seconds by which the clock of this process is ahead of the database's; negative if it is behind."""
    with connection.cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM statement_timestamp())::float8")
        return (before + time.time()) / 2 - cursor.fetchone()[0]


class ClockWatch:
    """Compares the clock of the database with the monotonic one, which cannot be set: seconds since the machine was started."""

    def __init__(self):
        self._offset = None
        self._jumped_at = None
        # Seconds by which the clock is ahead of where it should be.
        self.jump = 0

    def look(self):
        """Update `jump` from the clock of the database."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
            offset = cursor.fetchone()[0] - _uptime()
        if self._offset is None:
            self._offset = offset
        self.jump = offset - self._offset
        if self.is_steady:
            # Clocks are corrected a little all the time.
            self._offset, self._jumped_at = offset, None
        elif self._jumped_at is None:
            self._jumped_at = _uptime()
        elif _uptime() > self._jumped_at + ACCEPTED_AFTER.total_seconds():
            self._offset, self.jump, self._jumped_at = offset, 0, None

    @property
    def is_steady(self):
        return abs(self.jump) <= CLOCK_TOLERANCE.total_seconds()

    @property
    def is_ahead(self):
        return self.jump > CLOCK_TOLERANCE.total_seconds()


def _uptime():
    # Unlike the monotonic clock it goes on while the machine is suspended.
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def mend_after_set_back():
    """Correct times that lie in the future because the clock was set back, so that nothing waits until they have come.

    Idempotent. Published figures of counties are left alone: they wait, because they must not move sooner.
    """
    late = Now() + CLOCK_TOLERANCE
    queued = Message.objects.queued()
    queued.filter(leased_until__gt=late + LEASE).update(leased_until=None)
    queued.filter(Q(created_at__gt=late) | Q(queued_at__gt=late) | Q(tried_at__gt=late)).update(due_at=Now())
    Message.objects.filter(tried_at__gt=late).update(tried_at=Now())
    Message.objects.filter(queued_at__gt=late).update(queued_at=Now())
    # No message goes to a pledge within a minute of the last one.
    Pledge.objects.filter(written_at__gt=late).update(written_at=Now())
