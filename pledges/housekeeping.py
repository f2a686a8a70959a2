"""What must be done from time to time, whoever visits: each function is one step and can be run again at any moment."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Now
from django.tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from pledges import rotation, tasks
from pledges.models import Attempt, Batch, Export, Message, Pledge, TrialMessage
from pledges.models.pledges import NETWORK_DIGEST_LIFE
from pledges.models.querysets import PENDING_LIFE
from pledges.totals import milestones, published

BATCH = 500
# A due message that nothing has sent, or a batch that nothing has gone on with, for so long has lost its task.
OVERDUE_AFTER = timedelta(minutes=2)
KEEP_TASKS = timedelta(days=1)
KEEP_SENT_MESSAGES = timedelta(days=30)


def enqueue_lost_messages():
    """Enqueue messages whose task was lost, such as with a killed worker; returns how many."""
    overdue = Message.objects.queued().filter(due_at__lte=Now() - OVERDUE_AFTER)
    lost = _without_a_task(overdue, tasks.send_message)
    for message in lost:
        tasks.send_message.enqueue(str(message.pk))
    return len(lost)


def take_up_batches():
    """Go on with batches whose worker was killed; returns how many."""
    resting = Batch.objects.unfinished().filter(worked_at__lte=Now() - OVERDUE_AFTER)
    lost = _without_a_task(resting, tasks.run_batch)
    for batch in lost:
        batch.enqueue()
    return len(lost)


def _without_a_task(rows, task):
    """Those of the rows, 500 at most, that no waiting task is about."""
    waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=task.module_path)
    about = waiting.values_list(KT("args_kwargs__args__0"), flat=True)
    return rows.alias(key=Cast("pk", TextField())).exclude(key__in=about)[:BATCH]


def remind():
    """Owe one reminder to each pledge that has waited three days; returns how many."""
    with transaction.atomic():
        due = list(Pledge.objects.due_for_reminder().select_for_update(skip_locked=True, of=("self",))[:BATCH])
        Pledge.objects.filter(pk__in=[pledge.pk for pledge in due]).update(reminded_at=Now())
        for pledge in due:
            Message.queue(Message.Kind.REMINDER, pledge)
    return len(due)


def forget():
    """Erase what its time is up for: unconfirmed pledges, network digests, old addresses to be, old records of work."""
    while late := Pledge.objects.expired().values_list("pk", flat=True)[:BATCH]:
        Pledge.objects.filter(pk__in=list(late)).delete()
    Pledge.objects.filter(network_digest__isnull=False, consented_at__lte=Now() - NETWORK_DIGEST_LIFE).update(
        network_digest=None
    )
    Pledge.objects.filter(new_address_at__lte=Now() - PENDING_LIFE).update(new_address_cipher=None, new_address_at=None)
    Attempt.objects.past().delete()
    Message.objects.exclude(state=Message.State.QUEUED).filter(created_at__lte=Now() - KEEP_SENT_MESSAGES).delete()
    TrialMessage.objects.filter(created_at__lte=Now() - KEEP_TASKS).delete()
    DBTaskResult.objects.exclude(status=TaskResultStatus.READY).filter(
        enqueued_at__lte=Now() - KEEP_TASKS, started_at__lte=Now() - KEEP_TASKS
    ).delete()


def redigest():
    """Have the worker compute the digests again when the provider rules changed; returns whether it was needed."""
    if not rotation.is_stale():
        return False
    recent = DBTaskResult.objects.filter(
        task_path=rotation.redigest_task.module_path, enqueued_at__gt=Now() - timedelta(hours=1)
    )
    # Under way, or done with these very rules: then what is left does not fit, and waits for staff.
    if recent.filter(Q(finished_at=None) | Q(return_value=rotation.current_mark())).exists():
        return False
    rotation.redigest_task.enqueue()
    return True


def end_silent_exports():
    """Exports whose process was killed are broken off; returns how many."""
    return Export.objects.silent().end(Export.State.BROKEN_OFF)


def every_minute():
    """All of it."""
    enqueue_lost_messages()
    take_up_batches()
    remind()
    forget()
    redigest()
    end_silent_exports()
    published.publish()
    milestones.record()
