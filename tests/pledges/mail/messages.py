"""Messages and their stored texts, for tests of content and of the admin's editor."""

from pledges.models import Message, MessageText
from tests.factories import make_pledge

PERSON = {"name": "Përparim Xhemalçeli", "address": "perparim@shembull.al"}


def text_of(kind):
    """The stored text of this kind of message."""
    return MessageText.objects.get(kind=kind)


def compose(kind="confirm", **pledge):
    """The mail of a new message about a new pledge, as passed to the mail server."""
    pledge = make_pledge(**{**PERSON, "language": "en", **pledge})
    return Message.queue(kind, pledge).compose()


def html_of(mail):
    """The HTML alternative of a mail."""
    return mail.alternatives[0].content


def queue_messages(number, kind="confirm"):
    """So many messages of this kind to people of their own."""
    state = "pending" if kind in ("confirm", "reminder") else "confirmed"
    return [Message.queue(kind, make_pledge(state=state)) for _ in range(number)]
