"""What a process that serves or works checks when it starts: its keys against the database."""

import logging

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError
from django.db.backends.signals import connection_created

from pledges.crypto.models import Rotation
from pledges.rotation import rotation

logger = logging.getLogger(__name__)


def check():
    """Raise ImproperlyConfigured if the keys open nothing in this database.

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
