"""What happens later, in the worker. Arguments are ids; no task raises, since a stored traceback could quote an address."""

from django.db import transaction
from django.tasks import task

from pledges import rotation


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
def send_trial(trial_id):
    """Send a member of staff the message they want to try; harmless when it was sent already."""
    from pledges.models import TrialLetter

    with transaction.atomic():
        trial = (
            TrialLetter.objects.filter(pk=trial_id, state=TrialLetter.State.WAITING)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("user")
            .first()
        )
        if trial:
            trial.attempt()


@task
def redigest():
    """Compute the digests of all rows again after the provider rules changed; returns the mark they were brought to."""
    mark = rotation.current_mark()
    rotation.redigest()
    return mark
