"""Replies to our answers, which a mail provider brings in: each becomes the next message of its enquiry."""

from uuid import uuid5

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.html import strip_tags

from pledges import addresses
from pledges.crypto import reply_addresses
from pledges.enquiries.forms import MAX_LENGTH, MessageForm, continuing
from pledges.enquiries.models import Enquiry
from pledges.inbox.submissions import submit

# Replies to one enquiry within ten minutes. The provider brings further ones in later.
MOST = 10


class TooMany(Exception):
    """More replies than MOST."""


def receive(event):
    """Store the reply of an AnymailInboundEvent; returns whether it is one: of a person, from the mailbox of its enquiry.

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
    columns = {"pk": uuid5(enquiry.pk, str(mail_id).encode(errors="replace"))} if mail_id else {}
    if not submit(continuing(enquiry, text, **columns), f"replies to {enquiry.pk}", MOST):
        raise TooMany
    return True


def _enquiry_of(message):
    """The enquiry that a mail replies to, or None."""
    recipients = [message.envelope_recipient or "", *(each.addr_spec for each in message.to)]
    row_id = next((found for each in recipients if (found := reply_addresses.row_id_of(each))), None)
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
