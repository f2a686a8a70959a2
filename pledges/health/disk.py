"""Whether there is room on the disks of the database and of the uploaded pictures."""

import os

from django.conf import settings
from django.db import OperationalError, connection

from pledges.database import DISK_FULL, sqlstate

# PostgreSQL needs 16 MB for its next segment of the write-ahead log. Without it the server stops.
DATABASE_FLOOR_MEGABYTES = 16
# A picture with its sizes takes up to 30 MB. The floor also warns early where the database is on the same disk.
MEDIA_FLOOR_MEGABYTES = 300


def has_room():
    """Whether both have room. Writing the probe takes a few hundredths of a second."""
    return _database_has_room() and _media_has_room()


def _database_has_room():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT probe_disk(%s)", [DATABASE_FLOOR_MEGABYTES])
    except OperationalError as error:
        if sqlstate(error) != DISK_FULL:
            raise
        return False
    return True


def _media_has_room():
    """Whether MEDIA_ROOT, or the folder in which the first upload creates it, has room."""
    folder = settings.MEDIA_ROOT
    while not os.path.exists(folder):
        folder = os.path.dirname(folder)
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize >= MEDIA_FLOOR_MEGABYTES * 1024 * 1024
