"""Connections to the mail server that send many messages, and its errors: which concern one recipient, which are permanent.

Django's backends never replace a connection that was lost.
"""

import contextlib
import select
import smtplib

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.core.mail import DEFAULT_MAILER_ALIAS, mailers

# Mail servers limit the messages of one connection, many providers to 100.
MESSAGES_PER_CONNECTION = 100
SERVICE_ENDS = 421  # RFC 5321, section 3.8

# Classes of errors that concern one mailbox or message and not our mail server. `Unreadable` has an alarm of its own. Providers
# answer 400 and 422 to a message that they do not take, and other codes to all messages.
RECIPIENT_ERRORS = (
    *("SMTPRecipientsRefused", "SMTPDataError", "CannotDecrypt"),
    *("AnymailRecipientsRefused", "AnymailRequestsAPIError 400", "AnymailRequestsAPIError 422"),
)

# After this many failures in a row the fault is ours: the sender is blocked, or the relay refuses us.
CONSECUTIVE_FAILURES = 20


class Connection:
    """A connection of one thread. It is opened by the first message, and anew after an error or MESSAGES_PER_CONNECTION.

    `mailer` is a key of the setting MAILERS.
    """

    def __init__(self, mailer=DEFAULT_MAILER_ALIAS):
        self._mailer = mailer
        self._backend = None
        self._sent = 0

    def send(self, mail):
        """Hand a mail to the mail server. Raises OSError, of which smtplib's exceptions are subclasses."""
        if self._sent >= MESSAGES_PER_CONNECTION or self._server_has_ended_it():
            self.close()
        try:
            self._send(mail)
        except BaseException:
            self.close()
            raise
        self._sent += 1

    def close(self):
        """Close the connection; the next message opens a new one."""
        backend, self._backend, self._sent = self._backend, None, 0
        if backend is not None:
            # A failing QUIT does not affect messages that were accepted.
            with contextlib.suppress(OSError):
                backend.close()

    def _send(self, mail):
        try:
            self._open_and_send(mail)
        except smtplib.SMTPSenderRefused as error:
            # Before the message itself is sent, so there is no second copy. Servers answer this above a limit of their own.
            if not self._sent or error.smtp_code != SERVICE_ENDS:
                raise
            self.close()
            self._open_and_send(mail)

    def _open_and_send(self, mail):
        if self._backend is None:
            self._backend = mailers[self._mailer]
            self._backend.open()
        self._backend.send_messages([mail])

    def _server_has_ended_it(self):
        """Whether the server has closed the connection or announced it: otherwise there is nothing to read between messages."""
        socket = getattr(getattr(self._backend, "connection", None), "sock", None)
        if socket is None:
            return False
        poll = select.poll()
        poll.register(socket, select.POLLIN)
        return bool(poll.poll(0))


def is_final_refusal(error):
    """Whether the recipient's server refused permanently (5xx). An error of our own mail server is never final."""
    if isinstance(error, AnymailRecipientsRefused):
        return True
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _reason in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def is_server_failure(error):
    """Whether our mail server failed, so that the next message would fail too: it is unreachable, or refuses login or sender.

    `error` is an exception or None.
    """
    return isinstance(error, (OSError, AnymailAPIError)) and not error_kind(error).startswith(RECIPIENT_ERRORS)


def error_kind(error):
    """The class and codes of an error, such as "SMTPRecipientsRefused 550". Never its text, which may quote an address."""
    codes = []
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _reason in error.recipients.values()})
    elif isinstance(error, smtplib.SMTPResponseException):
        codes = [error.smtp_code]
    elif getattr(error, "status_code", None):
        codes = [error.status_code]
    return " ".join([type(error).__name__, *map(str, codes)])[:80]
