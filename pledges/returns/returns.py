"""What happens when a message comes back: its state, the mailbox that gets no more bulk mail, and the wishes that end."""

import logging
import threading
from datetime import timedelta

from anymail.signals import EventType, RejectReason
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from pledges.commitments.models import FollowUp
from pledges.crypto import keys, return_addresses
from pledges.crypto.models import Unreadable
from pledges.follows.models import Follow
from pledges.mail.models import Message
from pledges.mail.returned_mailboxes import ReturnedMailbox
from pledges.returns import mailbox, reports
from pledges.returns.reports import Outcome
from pledges.statistics.models import FunnelDay
from pledges.supporters.models import Pledge
from pledges.worker.models import Heartbeat

logger = logging.getLogger(__name__)

READ_INTERVAL = timedelta(minutes=1)
# Outcomes that say something about the mailbox, and not about its present state.
LASTING = (Outcome.BOUNCED, Outcome.SPAM)


def record(token, outcome):
    """Record the Outcome of the message that a token names; returns whether this call did it. Idempotent.

    A forged token, or one of a message that is gone with its pledge, changes nothing, and is counted and logged.
    """
    message = _message_of(token)
    if message is None:
        return ignore("unknown or forged")
    # A report about the mailbox may follow one of a delay.
    states = [Message.State.SENT, *([Message.State.DELAYED] if outcome in LASTING else [])]
    with transaction.atomic():
        sent = Message.objects.filter(pk=message.pk, state__in=states)
        if not sent.update(state=outcome, returned_at=Now()):
            return False
        if outcome in LASTING and (address := _address_of(message)):
            ReturnedMailbox.objects.add(address)
            if outcome == Outcome.SPAM:
                _end_wishes(address)
            elif message.mailing_id:
                Follow.end_news(Pledge.objects.at_address(address))
    logger.info("mail", extra={"fields": {"mail": str(message.pk), "kind": message.kind, "outcome": str(outcome)}})
    return True


def record_mail(data):
    """Record what a mail reports, given as bytes."""
    report = reports.read(data)
    return record(report.token, report.outcome) if report else ignore("no report")


def record_event(event):
    """Record what an AnymailTrackingEvent of a provider reports."""
    outcome = _outcome_of(event)
    if outcome is None:
        return False
    return record(str((event.metadata or {}).get(return_addresses.METADATA, "")), outcome)


def ignore(reason):
    """Count and log something that came back and is about no message of ours; returns False."""
    FunnelDay.count_ignored()
    logger.warning("mail", extra={"fields": {"outcome": "ignored", "reason": reason}})
    return False


def _message_of(token):
    message_id = return_addresses.message_id_of(token)
    message = (
        message_id
        and Message.objects.select_related("pledge", "group", "joining", "answer", "request", "voice")
        .filter(pk=message_id)
        .first()
    )
    if message and return_addresses.is_genuine(token, message.pk, message.return_binding):
        return message
    return None


def _address_of(message):
    try:
        return message.address
    except keys.CannotDecrypt as error:
        Unreadable.record(error)
        return None


def _end_wishes(address):
    """End what people at this mailbox agreed to get: news, and messages about their commitments."""
    pledges = Pledge.objects.at_address(address)
    Follow.end_news(pledges)
    for pledge in pledges:
        FollowUp.end(pledge)


def _outcome_of(event):
    if event.event_type in (EventType.COMPLAINED, EventType.UNSUBSCRIBED):
        return Outcome.SPAM
    if event.event_type in (EventType.BOUNCED, EventType.REJECTED, EventType.FAILED):
        is_lasting = event.reject_reason in (RejectReason.INVALID, RejectReason.BOUNCED)
        return Outcome.BOUNCED if is_lasting else Outcome.DELAYED
    return None


class Returns(threading.Thread):
    """The thread of the worker that reads the mailbox of what comes back. Of several, one reads at a time."""

    def __init__(self):
        super().__init__(daemon=True, name="returns")
        self.stopped = threading.Event()

    def run(self):
        """Run until `stopped` is set."""
        while not self.stopped.is_set():
            self.read()
            self.stopped.wait(READ_INTERVAL.total_seconds())
        connection.close()

    def read(self):
        """Read and empty the mailbox, and note that it could be read. Only the class of an error is logged."""
        try:
            if Heartbeat.lease_returns():
                self._read_leased()
        except Exception as error:
            logger.error("returns: %s", type(error).__name__)
            # The connection may be broken. Django opens a new one.
            connection.close()

    def _read_leased(self):
        probed = {}
        try:
            while mailbox.read(record_mail, **settings.BOUNCE_MAILBOX) == mailbox.MOST_MAILS:
                pass
            probed["returns_read_at"] = Now()
        finally:
            Heartbeat.end_returns_lease(**probed)
