"""What a mail provider brings in, by the webhooks of django-anymail: reports of messages that came back, and replies.

A report changes the state of its message, keeps bulk mail from the mailbox, or ends wishes. A reply to one of our answers is the
next message of its enquiry.
"""

import logging
import uuid

from anymail import urls
from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import EventType, RejectReason, inbound, tracking
from anymail.webhooks.base import AnymailBasicAuthMixin
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.dispatch import receiver
from django.http import Http404, HttpResponse
from django.utils.html import strip_tags
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from pledges import addresses
from pledges.commitments.models import FollowUp
from pledges.crypto import links
from pledges.crypto.models import Unreadable
from pledges.enquiries.forms import MAX_LENGTH, MessageForm, continuing
from pledges.enquiries.models import Enquiry
from pledges.follows.models import Follow
from pledges.inbox.submissions import submit
from pledges.mail.mailboxes import ReturnedMailbox
from pledges.mail.models import METADATA, Message
from pledges.serving.http import accept_uploads, personal_page
from pledges.supporters.models import Pledge

logger = logging.getLogger(__name__)

# Replies to one enquiry within ten minutes. The provider brings further ones in later.
MOST_REPLIES = 10
State = Message.State
# States that say something about the mailbox, and not about its present state.
LASTING = (State.BOUNCED, State.SPAM)

# Of a reply with its attachments; nginx passes on as much.
MOST_BYTES = 10 * 1024 * 1024


@receiver(tracking)
def record_event(event, **_sender):
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
    with Unreadable.recorded():
        address = message.address
        return bool(recipient and address) and addresses.split_address(recipient) == addresses.split_address(address)
    return False


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


# Replies


class TooMany(Exception):
    """More replies than MOST_REPLIES."""


@receiver(inbound)
def receive(event, **_sender):
    """Store the mail of an AnymailInboundEvent, if it is a reply."""
    logger.info("mail", extra={"fields": {"outcome": "reply" if _stored_reply(event) else "no reply"}})


def _stored_reply(event):
    """Store a mail if it is of a person and from the mailbox of its enquiry; returns whether it is.

    Attachments are not read. Anyone can write any sender into a mail, so a reply can do no more than the form. One from another
    mailbox is not kept, and staff see that it came: an answer to it could tell a stranger of the enquiry. Raises TooMany.
    """
    message = event.message
    enquiry = _enquiry_of(message)
    # What answers by itself says so (RFC 3834).
    if enquiry is None or message.get("Auto-Submitted", "no").lower() != "no":
        return False
    if not _is_of(enquiry, message.from_email):
        enquiry.note_stray_reply()
        return False
    try:
        text = MessageForm.base_fields["text"].clean(_own_words(message)[:MAX_LENGTH])
    except ValidationError:
        return False
    # A mail that its provider brings in twice is one message.
    mail_id = message.get("Message-ID") or event.event_id
    columns = {"pk": uuid.uuid5(enquiry.pk, str(mail_id).encode(errors="replace"))} if mail_id else {}
    if not submit(continuing(enquiry, text, **columns), f"replies to {enquiry.pk}", MOST_REPLIES):
        raise TooMany
    return True


def _enquiry_of(message):
    """The enquiry that a mail replies to, or None."""
    recipients = [message.envelope_recipient or "", *(each.addr_spec for each in message.to)]
    row_id = next((found for each in recipients if (found := links.row_id_of_reply(each))), None)
    return Enquiry.objects.filter(pk=row_id, restricted_at=None).first() if row_id else None


def _is_of(enquiry, sender):
    """Whether the sender of a mail is the mailbox of an enquiry."""
    return sender is not None and addresses.normalise(sender.addr_spec) == addresses.normalise(enquiry.address)


def _own_words(message):
    """The text without what it quotes: marked lines, and all from the line on that names our sender, unless that is all."""
    text = message.stripped_text or message.text or strip_tags(message.html or "")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(">")]
    end = next((number for number, line in enumerate(lines) if settings.SENDER in line), None)
    return "\n".join(lines[:end]).strip() or "\n".join(lines)


# The addresses to which the provider sends them


class Secret(AnymailBasicAuthMixin):
    """The check of ANYMAIL_WEBHOOK_SECRET, before anything of the body is read."""

    esp_name = "any"


@csrf_exempt
@personal_page
@require_http_methods(["POST", "HEAD"])
def mail_reports(request, provider):
    """Reports of a provider in use. Without the secret of ANYMAIL_WEBHOOK_SECRET, or a valid signature, 403 and no change."""
    return _received(request, provider, f"{provider}_tracking_webhook", f"{provider}_webhook")


@csrf_exempt
@accept_uploads(MOST_BYTES)
@personal_page
@require_http_methods(["POST", "HEAD"])
def mail_replies(request, provider):
    """Mail to the addresses of `links.reply_address`, brought in by a provider in use; refused as reports are."""
    return _received(request, provider, f"{provider}_inbound_webhook")


def _received(request, provider, *names):
    view = _view_of(provider, names)
    if view is None:
        raise Http404
    try:
        Secret().validate_request(request)
        # Django would refuse to read a body above the limit of a form. The middleware has checked its length.
        length = request.META.pop("CONTENT_LENGTH", "")
        request.body  # noqa: B018
        request.META["CONTENT_LENGTH"] = length
        return view(request)
    except TooMany:
        return HttpResponse(status=429)
    except AnymailWebhookValidationFailure:
        return HttpResponse(status=403)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # It knows the secret, but this is no report. Only the class of the error is logged: its text may quote an address.
        logger.error("mail report: %s", type(error).__name__)
        return HttpResponse(status=400)


def _view_of(provider, names):
    """The view of django-anymail by one of these names of its URL. None for a provider not in use, and without a secret."""
    backends = {mailer["BACKEND"] for mailer in settings.MAILERS.values()}
    if not settings.ANYMAIL.get("WEBHOOK_SECRET") or f"anymail.backends.{provider}.EmailBackend" not in backends:
        return None
    return next((pattern.callback for pattern in urls.urlpatterns if pattern.name in names), None)
