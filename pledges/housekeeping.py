"""Periodic work on pledges and messages. Every function is idempotent."""

from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Now
from django.tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from pledges.backups.models import COPIED_LIFE, Tombstone
from pledges.commitments.models import ChosenCommitment, FollowUp
from pledges.counting.models import record_milestones
from pledges.crypto import keys
from pledges.crypto.models import Unreadable
from pledges.enquiries.models import Disclosure
from pledges.inbox.models import Submission
from pledges.limits.models import CLOCK_TOLERANCE, SLOW_LANE_LENGTH, WINDOW, Attempt, SlowLane, UsedChallenge
from pledges.mail.mailboxes import BULK_PAUSE, GRANT_LIFE, MessageGrant, ReturnedMailbox
from pledges.mail.models import MESSAGE_RETENTION, Message
from pledges.published.models import publish
from pledges.rotation import CONTACTS, ENCRYPTED_MODELS
from pledges.statistics import funnel
from pledges.supporters.batches import Batch, run_batch
from pledges.supporters.models import NETWORK_DIGEST_LIFE, Pledge
from pledges.supporters.querysets import PENDING_LIFE
from pledges.worker.models import Heartbeat
from staff.models import Account

BATCH_ROWS = 500
TASK_RETENTION = timedelta(days=1)


def run_batches():
    """Enqueue the batches that wait again: their task may have failed or been lost. One too many does nothing."""
    for pk in Batch.objects.waiting().values_list("pk", flat=True):
        run_batch.enqueue(pk)


def _write_to(due, kind, column):
    """Queue this message for each of these pledges, and note the time in this column; returns how many."""
    with transaction.atomic():
        due = list(due.select_for_update(skip_locked=True, of=("self",))[:BATCH_ROWS])
        Pledge.objects.filter(pk__in=[pledge.pk for pledge in due]).update(**{column: Now()})
        for pledge in due:
            Message.queue(kind, pledge)
    return len(due)


def remind():
    """Queue one reminder for each pledge that has been pending for three days; returns how many."""
    return _write_to(Pledge.objects.due_for_reminder(), Message.Kind.REMINDER, "reminded_at")


def ask_to_keep():
    """Ask once whether to keep name and address, of those who confirmed KEEP_MONTHS ago; returns how many."""
    return _write_to(Pledge.objects.due_to_be_asked(), Message.Kind.KEEP, "keep_asked_at")


def remind_of_plans():
    """Queue the reminders of plans whose time has come; returns of how many commitments."""
    with transaction.atomic():
        due = ChosenCommitment.objects.due_for_reminder().select_for_update(skip_locked=True, of=("self",))
        plans = list(due.select_related("pledge")[:BATCH_ROWS])
        ChosenCommitment.objects.filter(pk__in=[plan.pk for plan in plans]).update(reminded_at=Now())
        # One message for the commitments that are planned for one time.
        for pledge in {plan.pledge for plan in plans}:
            Message.queue(Message.Kind.PLAN, pledge)
    return len(plans)


def ask_how_it_went():
    """Ask those who wish it how it went, at most twice; returns how many."""
    with transaction.atomic():
        due = FollowUp.objects.due().select_for_update(skip_locked=True, of=("self",))
        asked = [follow_up.pledge for follow_up in due.select_related("pledge")[:BATCH_ROWS]]
        FollowUp.objects.filter(pledge__in=asked).update(questions=F("questions") + 1, asked_at=Now())
        # The same time, by which the page of answers finds them.
        at = FollowUp.objects.filter(pledge=OuterRef("pledge")).values("asked_at")
        ChosenCommitment.objects.to_ask_about().filter(pledge__in=asked).update(asked_at=Subquery(at))
        for pledge in asked:
            Message.queue(Message.Kind.HOW, pledge)
    return len(asked)


def erase_unanswered():
    """Erase name and address of those who did not answer; their pledges go on counting."""
    Pledge.objects.unanswered().erase_person()


def erase_unconfirmed():
    while True:
        # Locked, so that none is erased that signs again meanwhile.
        with transaction.atomic():
            expired = Pledge.objects.expired().select_for_update(skip_locked=True, of=("self",))
            ids = list(expired.values_list("pk", flat=True)[:BATCH_ROWS])
            Pledge.objects.filter(pk__in=ids).delete()
        if not ids:
            break


def erase_contacts():
    """Erase what was not confirmed in time or is too old, and adults who are not needed any more."""
    for model in CONTACTS:
        rows = model.objects.filter(restricted_at=None)
        rows.expired().delete()
        rows.due_to_be_erased().erase_person()


def erase_network_digests():
    """Erase the network digests of pledges, of sign-ups that could not be settled and of waiting messages, after seven days."""
    old = Now() - NETWORK_DIGEST_LIFE
    for rows in (
        Pledge.objects.filter(consented_at__lte=old),
        Submission.objects.filter(created_at__lte=old),
        Message.objects.queued().filter(created_at__lte=old),
    ):
        rows.filter(network_digest__isnull=False).update(network_digest=None)


def erase_new_addresses():
    """Erase new addresses that were not confirmed in time; the pledges keep their present ones. Not of restricted pledges."""
    Pledge.objects.filter(new_address_at__lte=Now() - PENDING_LIFE, restricted_at=None).erase_new_address()


def erase_expired():
    """Erase what is over: rows that no limit counts any more, records, and what a clock that was set back since dated ahead.

    A table that fails does not stop the others.
    """
    of_clock = Q(granted_at__gt=Now() + timedelta(minutes=1))
    failed = None
    for expired in (
        Attempt.objects.filter(Q(created_at__lte=Now() - WINDOW) | Q(created_at__gt=Now() + WINDOW)),
        SlowLane.objects.filter(Q(last_at__lte=Now()) | Q(last_at__gt=Now() + SLOW_LANE_LENGTH)),
        UsedChallenge.objects.filter(expires_at__lte=Now() - CLOCK_TOLERANCE),
        MessageGrant.objects.filter(Q(granted_at__lte=Now() - GRANT_LIFE) | of_clock),
        ReturnedMailbox.objects.filter(returned_at__lte=Now() - BULK_PAUSE),
        # Those that are copied and no longer needed here, and all that are older than any backup.
        Tombstone.objects.filter(
            Q(copied_at__lte=Now() - COPIED_LIFE) | Q(at__lte=Now() - timedelta(days=settings.BACKUP_KEEP_DAYS))
        ),
        # Those that could not be settled in time. `/readyz` names them from the first minute.
        Submission.objects.aside().filter(created_at__lte=Now() - PENDING_LIFE),
        Message.objects.exclude(state=Message.State.QUEUED).filter(queued_at__lte=Now() - MESSAGE_RETENTION),
        DBTaskResult.objects.exclude(status=TaskResultStatus.READY).filter(
            enqueued_at__lte=Now() - TASK_RETENTION, started_at__lte=Now() - TASK_RETENTION
        ),
    ):
        try:
            expired.delete()
        except DatabaseError as error:
            failed = failed or error
    if failed:
        raise failed


def tell_delay_of_mail():
    """Let pages say whether an email takes longer than usual."""
    Heartbeat.beat(is_mail_slow=Message.objects.is_slow())


def retry_unreadable():
    """End the alarm about ciphertexts that can be decrypted again, or whose row was deleted."""
    for found in Unreadable.objects.all():
        table, column, pk = found.place.split(".")
        row = ENCRYPTED_MODELS[table].objects.filter(pk=pk).first()
        try:
            getattr(row, column, None)
        except keys.CannotDecrypt:
            continue
        found.delete()


def alert_of_disclosures():
    """Tell the safeguarding leads, or administrators while there is no lead, of disclosures that wait; returns of how many.

    Also of forms that sound like one and could not be processed. At once of a new one, and once a day until each is passed on.
    The message says nothing about them, and is in the language of its recipient. One message is about all that wait, so a flood
    of forms is one every ALERT_INTERVAL at most.
    """
    with transaction.atomic():
        rows = Disclosure.objects.to_alert_of().select_for_update(of=("self",), skip_locked=True)
        waiting = list(rows.values_list("pk", flat=True))
        aside = [each.pk for each in Submission.objects.to_alert_of()]
        told = Account.objects.safeguarding_leads() or Account.objects.administrators()
        if not (waiting or aside) or not told:
            return 0
        Submission.objects.filter(pk__in=aside).update(alerted_at=Now())
        Disclosure.objects.filter(pk__in=waiting).update(alerted_at=Now())
        for account in told:
            Message.queue_last(Message.Kind.ALARM, account.email, account.mail_language or settings.LANGUAGE_CODE)
    return len(waiting) + len(aside)


# The worker runs these functions every minute. A step that fails does not stop the others.
STEPS = [
    run_batches,
    remind,
    ask_to_keep,
    remind_of_plans,
    ask_how_it_went,
    erase_unanswered,
    erase_unconfirmed,
    erase_contacts,
    erase_network_digests,
    erase_new_addresses,
    erase_expired,
    funnel.watch,
    tell_delay_of_mail,
    retry_unreadable,
    publish,
    record_milestones,
    alert_of_disclosures,
]
