"""What a process checks when it starts, its keys and its clock, and what the worker probes: clock and certificate.

Periods of weeks are measured by the clock of the database: one that jumps forward would erase what is not due, so the worker
suspends housekeeping. A jump cannot be told from the end of a wrong time, so after a day the new time is accepted.
"""

import logging
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, connection
from django.db.backends.signals import connection_created
from django.db.models import Q
from django.db.models.functions import Now

from pledges import rotation
from pledges.crypto.models import Rotation
from pledges.mail.models import Message
from pledges.mail.sending import LEASE
from pledges.supporters.models import Pledge
from pledges.worker.models import CLOCK_TOLERANCE, Heartbeat

logger = logging.getLogger(__name__)

ACCEPTED_AFTER = timedelta(days=1)
# A certificate that ends sooner was not renewed: certbot renews 30 days before the end.
ENDS_SOON = timedelta(days=21)
READ_INTERVAL = timedelta(hours=1)
# After a failure.
RETRY_INTERVAL = timedelta(minutes=5)
TIMEOUT = 5  # seconds


def check_start():
    """Raise ImproperlyConfigured if the keys open nothing in this database; log a sentence about clocks that differ.

    A process with a new first key closes the site for forms before it writes anything with it: what strangers write with two
    keys would not be compared. Without the database, or before `migrate`, the check follows with the next connection, before
    that is used.
    """
    try:
        rotation.check_keys()
        if rotation.is_due():
            Rotation.begin()
        if Rotation.objects.exists():
            logger.warning("Keys are being changed and the site takes no forms: run manage.py rotate_keys.")
        if sentence := clock_error():
            logger.error(sentence)
    except (DatabaseError, InterfaceError) as error:
        logger.error("The keys were not checked against the database: %s", type(error).__name__)
        connection_created.connect(_check_again)
    else:
        connection_created.disconnect(_check_again)


def _check_again(connection, **_signal):
    """As `check_start`. While the keys open nothing, the process gets no connection."""
    try:
        check_start()
    except ImproperlyConfigured:
        connection.close()
        raise


def clock_error():
    """A sentence about a clock that is far off, or None.

    Signed links, form stamps and codes of authenticator apps use the clock of the process, periods that of the database.
    """
    ahead = seconds_ahead()
    if abs(ahead) > CLOCK_TOLERANCE.total_seconds():
        return (
            f"The clock of this machine is {abs(ahead):.0f} seconds {'ahead of' if ahead > 0 else 'behind'} that of the "
            "database: set both by a time server (timedatectl set-ntp true), then start again."
        )
    if Heartbeat.is_ahead():
        return (
            "The clock of the database is behind the last heartbeat of the worker, so it has gone back: set it by a time "
            "server (timedatectl set-ntp true), then start again."
        )
    return None


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


def has_certificate():
    """Whether this site has a certificate: it is served by https and is not a development server."""
    return settings.SECURE_SITE and not settings.DEV


def read_certificate_end():
    """When the certificate of SITE_URL ends, or None if it cannot be read or is not valid for this host now."""
    parts = urlsplit(settings.SITE_URL)
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((parts.hostname, parts.port or 443), timeout=TIMEOUT) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname) as secured,
        ):
            return datetime.fromtimestamp(ssl.cert_time_to_seconds(secured.getpeercert()["notAfter"]), UTC)
    except OSError as error:
        logger.error("certificate of %s: %s", parts.hostname, getattr(error, "verify_message", type(error).__name__))
        return None
