"""What a process that serves or works checks when it starts: its keys against the database, and its clock."""

import logging

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError
from django.db.backends.signals import connection_created

from pledges import rotation
from pledges.crypto.models import Rotation
from pledges.health import clock
from pledges.worker.models import CLOCK_TOLERANCE, Heartbeat

logger = logging.getLogger(__name__)


def check():
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
    """As `check`. While the keys open nothing, the process gets no connection."""
    try:
        check()
    except ImproperlyConfigured:
        connection.close()
        raise


def clock_error():
    """A sentence about a clock that is far off, or None.

    Signed links, form stamps and codes of authenticator apps use the clock of the process, periods that of the database.
    """
    ahead = clock.seconds_ahead()
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
