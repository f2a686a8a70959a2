"""What happens when a message comes back: its state, the mailbox that gets no more bulk mail, and the wishes that end."""

import logging
import uuid

from anymail.signals import EventType, RejectReason
from django.db import transaction
from django.db.models.functions import Now

from pledges import addresses
from pledges.commitments.models import FollowUp
from pledges.crypto import keys
from pledges.crypto.models import Unreadable
from pledges.follows.models import Follow
from pledges.mail.mailboxes import ReturnedMailbox
from pledges.mail.models import METADATA, Message
from pledges.supporters.models import Pledge

logger = logging.getLogger(__name__)

State = Message.State
# States that say something about the mailbox, and not about its present state.
LASTING = (State.BOUNCED, State.SPAM)


def record_event(event):
    """Record what an AnymailTrackingEvent of a provider reports. Idempotent.

    One about a message that was deleted with its pledge, or went to a former address, changes nothing, and is logged.
    """
    state = _state_of(event)
    if state is None:
        return
    message = _message_of(event)
    if message and _is_to(event.recipient, message):
        record(message, state)
    else:
        logger.warning("mail", extra={"fields": {"outcome": "ignored"}})


def record(message, state):
    """Record that a message came back, as one of Message.RETURNED."""
    # A report about the mailbox may follow one of a delay.
    before = [State.SENT, *([State.DELAYED] if state in LASTING else [])]
    with transaction.atomic():
        if not Message.objects.filter(pk=message.pk, state__in=before).update(state=state, returned_at=Now()):
            return
        if state in LASTING:
            address = message.address
            ReturnedMailbox.objects.add(address)
            if state == State.SPAM:
                _end_wishes(address)
            elif message.mailing_id:
                Follow.end_news(Pledge.objects.at_address(address))
    logger.info("mail", extra={"fields": {"mail": str(message.pk), "kind": message.kind, "outcome": str(state)}})


def _message_of(event):
    """The message whose id the provider sends back, or None."""
    try:
        message_id = uuid.UUID((event.metadata or {}).get(METADATA) or "")
    except ValueError:
        return None
    return Message.objects.filter(pk=message_id).first()


def _is_to(recipient, message):
    """Whether the message is to this address now. After a change of address, a report is about the mailbox before."""
    try:
        address = message.address
    except keys.CannotDecrypt as error:
        Unreadable.record(error)
        return False
    return bool(recipient and address) and addresses.split_address(recipient) == addresses.split_address(address)


def _end_wishes(address):
    """End what people at this mailbox agreed to get: news, and messages about their commitments."""
    pledges = Pledge.objects.at_address(address)
    Follow.end_news(pledges)
    for pledge in pledges:
        FollowUp.end(pledge)


def _state_of(event):
    if event.event_type in (EventType.COMPLAINED, EventType.UNSUBSCRIBED):
        return State.SPAM
    if event.event_type in (EventType.BOUNCED, EventType.REJECTED, EventType.FAILED):
        is_lasting = event.reject_reason in (RejectReason.INVALID, RejectReason.BOUNCED)
        return State.BOUNCED if is_lasting else State.DELAYED
    return None
