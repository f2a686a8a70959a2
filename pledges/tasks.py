"""Background tasks. They are idempotent, their arguments are ids, and none raises: a stored traceback could quote an address.

Models enqueue these tasks, so this module gets models from the app registry instead of importing them.
"""

import logging

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import OperationalError
from django.tasks import task

from staff.models import Entry

logger = logging.getLogger(__name__)


@task
def run_batch(batch_id):
    """Do or undo a batch. Does nothing while another worker does it. Housekeeping tries again what fails."""
    Batch = apps.get_model("pledges.Batch")
    try:
        # Unsaved: `finish` locks and reads the row itself.
        Batch(pk=batch_id).finish()
    except OperationalError as error:
        # The database is unreachable, or it aborted this transaction to end a deadlock.
        logger.warning("batch %s: %s", batch_id, type(error).__name__)
    except Exception as error:
        logger.error("batch %s: %s", batch_id, type(error).__name__)
        Batch.objects.waiting().filter(pk=batch_id).update(error=type(error).__name__[:80])


@task
def merge_sector(sector_id, into_id, user_id):
    """Move the pledges of a closed sector to another one. Does nothing if they were moved already."""
    Sector = apps.get_model("pledges.Sector")
    sector = Sector.objects.filter(pk=sector_id).first()
    into = Sector.objects.filter(pk=into_id).first()
    if sector is None or into is None:
        return
    user = get_user_model().objects.filter(pk=user_id).first()

    continued = {}

    def log_move(ids):
        Entry.log(user, Entry.Action.CHANGE, ids, about=sector, moved_to=into.slug, **continued)
        # The history shows only the first step.
        continued["continued"] = True

    try:
        sector.move_pledges(into, on_move=log_move)
    except Exception as error:
        # The admin enqueues the task a second time for later, which moves the remaining pledges.
        logger.error("merging sector %s: %s", sector_id, type(error).__name__)
