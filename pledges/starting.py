"""What a process that serves or works checks when it starts: its keys against the database, and its clock."""

import logging

from django.db import DatabaseError, InterfaceError

from pledges.crypto import registry
from pledges.health import clock
from pledges.worker.models import CLOCK_TOLERANCE, Heartbeat

logger = logging.getLogger(__name__)


def check():
    """Raise KeysRefused if the keys may not write to this database; log a sentence about keys and clocks that differ.

    Without the database, or before `migrate`, nothing is checked: the keys are then checked when they are first used.
    """
    try:
        registry.check()
        for name in registry.LISTS:
            for number in registry.unregistered(name):
                logger.warning(
                    "%s: key %d is not registered and only reads. If it is to replace the others, run manage.py rotate_keys; "
                    "otherwise remove it.",
                    name,
                    number,
                )
        if sentence := clock_error():
            logger.error(sentence)
    except (DatabaseError, InterfaceError) as error:
        logger.error("The keys were not checked against the database: %s", type(error).__name__)


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
