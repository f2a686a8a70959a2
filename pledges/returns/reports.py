"""Reading reports about messages that came back: of mail servers (RFC 3464) and of people (RFC 5965). Imports no model."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from enum import StrEnum

from pledges.crypto import return_addresses

# In bytes. The parts that are read come first; a report may quote the whole message.
LONGEST = 256 * 1024
# Status codes (RFC 3463) that say that there is no such mailbox: bad address, moved, or disabled. All other failures may concern
# us, a full mailbox or a server that is down.
NO_SUCH_MAILBOX = re.compile(r"5\.(?:1\.(?:1|2|3|6|10)|2\.1)\b")


class Outcome(StrEnum):
    """What a report says, as the states of Message that came back."""

    BOUNCED = "bounced"
    DELAYED = "delayed"
    SPAM = "spam"


@dataclass(frozen=True)
class Report:
    """One report. `token` names the message (`return_addresses.token`)."""

    token: str
    outcome: Outcome


def read(data):
    """The Report in the bytes of a mail, or None: an automatic answer, a notice of a delay, or something else.

    Nothing of its text is kept, because it quotes addresses.
    """
    data = data[:LONGEST]
    try:
        mail = message_from_bytes(data, policy=policy.compat32)
        outcome = _outcome(mail)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # Mail that breaks the rules of MIME in a way the parser does not expect, or has parts in parts without end. An error
        # would leave it, and all mails after it, in the mailbox.
        return None
    token = return_addresses.find_token(data.decode("ascii", "replace"))
    return Report(token, outcome) if outcome and token else None


def _outcome(mail):
    if mail.get_content_type() != "multipart/report":
        return None
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            return _delivery(part.get_payload())
        if part.get_content_type() == "message/feedback-report":
            return _feedback(part)
    return None


def _delivery(blocks):
    """The outcome of the first recipient whose delivery failed. A message has one recipient."""
    for block in blocks:
        if str(block.get("Action", "")).strip().lower() == "failed":
            # Some servers give the general 5.0.0 and the reason in the words of the other server.
            words = f"{block.get('Status', '')} {block.get('Diagnostic-Code', '')}"
            return Outcome.BOUNCED if NO_SUCH_MAILBOX.search(words) else Outcome.DELAYED
    return None


def _feedback(part):
    """What a person's mail program reported. The fields are the text of the part, or the headers of the message in it."""
    payload = part.get_payload()
    fields = payload[0].as_string() if isinstance(payload, list) else str(payload)
    kind = re.search(r"^Feedback-Type:\s*([\w-]+)", fields, re.IGNORECASE | re.MULTILINE)
    return Outcome.SPAM if kind and kind[1].lower() in ("abuse", "fraud", "virus", "other") else None
