"""Background tasks. Arguments are ids. No task raises: the stored traceback could quote an address.

Models enqueue these tasks, so this module looks models up in the app registry instead of importing them.
"""

import logging
import time

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import OperationalError, transaction
from django.tasks import task

from staff.models import AuditEntry

logger = logging.getLogger(__name__)

# Seconds that a batch may take before messages have their turn.
TURN = 3


@task
def send_message(message_id):
    """Send one owed message if it is due; harmless when it was sent already or another worker has it."""
    with transaction.atomic():
        message = (
            apps.get_model("pledges.Message")
            .objects.due()
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("pledge")
            .filter(pk=message_id)
            .first()
        )
        if message:
            message.attempt()


@task
def run_batch(batch_id):
    """Make steps of a batch for some seconds and leave the rest to the next task; harmless when another worker has it."""
    batch, until = apps.get_model("pledges.Batch")(pk=batch_id), time.monotonic() + TURN
    try:
        while batch.step():
            if time.monotonic() > until:
                batch.enqueue()
                break
    except OperationalError as error:
        # The database is away, or chose this one to end a deadlock: housekeeping has it taken up again.
        logger.warning("batch %s: %s", batch_id, type(error).__name__)
    except Exception as error:
        logger.error("batch %s: %s", batch_id, type(error).__name__)
        batch.fail(error)


@task
def send_trial(trial_id):
    """Send a member of staff the message they want to try; harmless when it was sent already."""
    TrialMessage = apps.get_model("pledges.TrialMessage")
    with transaction.atomic():
        trial = (
            TrialMessage.objects.filter(pk=trial_id, state=TrialMessage.State.WAITING)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("user")
            .first()
        )
        if trial:
            trial.attempt()


@task
def merge_sector(sector_id, into_id, user_id):
    """Move the pledges of a closed sector to another one; harmless when they were moved already."""
    Sector = apps.get_model("pledges.Sector")
    sector, into = (Sector.objects.filter(pk=pk).first() for pk in (sector_id, into_id))
    if sector is None or into is None:
        return
    user = get_user_model().objects.filter(pk=user_id).first()
    try:
        sector.move_pledges(
            into,
            on_move=lambda ids: AuditEntry.log(
                user, AuditEntry.Action.CHANGE, ids, sector=sector.slug, moved_to=into.slug
            ),
        )
    except Exception as error:
        # Those that are left are moved by the next one.
        logger.error("merging sector %s: %s", sector_id, type(error).__name__)
