"""What happens later, in the worker. Arguments are ids; no task raises, since a stored traceback could quote an address."""

from datetime import timedelta

from django.contrib.auth import get_user_model
from django.db import transaction
from django.tasks import task
from django.utils import timezone

from pledges import rotation
from staff.models.records import Record, note

# Someone may be pledging at the moment a sector closes.
LATECOMERS_AFTER = timedelta(minutes=1)


@task
def send_message(message_id):
    """Send one owed message if it is due; harmless when it was sent already or another worker has it."""
    from pledges.models import Message

    with transaction.atomic():
        message = (
            Message.objects.due()
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("pledge")
            .filter(pk=message_id)
            .first()
        )
        if message:
            message.attempt()


@task
def redigest():
    """Compute the digests of all rows again after the provider rules changed; returns the mark they were brought to."""
    mark = rotation.current_mark()
    rotation.redigest()
    return mark


@task
def merge_sector(sector_id, into_id, user_id, is_last=False):
    """Move the pledges of a closed sector to another one, and a minute later those that were on their way to it."""
    from pledges.models import Sector

    sector, into = (Sector.objects.filter(pk=pk).first() for pk in (sector_id, into_id))
    if sector is None or into is None:
        return
    user = get_user_model().objects.filter(pk=user_id).first()
    sector.move_pledges(
        into, on_move=lambda ids: note(user, Record.Action.CHANGE, ids, sector=sector.slug, moved_to=into.slug)
    )
    if not is_last:
        later = merge_sector.using(run_after=timezone.now() + LATECOMERS_AFTER)
        later.enqueue(sector_id, into_id, user_id, is_last=True)
