"""The thread of the worker that sends messages, its connections to the mail server, and the errors of that.

Several workers may run: a lease gives each message to one of them.

This package imports no model, so the thread gets the messages from the app registry.
"""

import contextlib
import logging
import queue
import select
import smtplib
import threading
import time
from datetime import timedelta

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.apps import apps
from django.conf import settings
from django.core.mail import DEFAULT_MAILER_ALIAS, mailers
from django.db import DatabaseError, InterfaceError, connection

logger = logging.getLogger(__name__)

# Messages of one claim; of more connections, one for each.
CLAIM_ROWS = 20
# How long the messages of a killed worker wait. Its owner renews it, so a slow mail server may take longer for one message. Two
# renewals in a row may fail.
LEASE = timedelta(minutes=1)
# The other times are in seconds.
RENEWAL_INTERVAL = 15
POLL_INTERVAL = 0.5
# After this time an idle connection to the mail server or the database is closed.
IDLE_TIME = 5
RECORD_RETRY_INTERVAL = 1
# How long a worker that stops goes on trying: a restart of the database stops it too.
RECORD_TIME_AFTER_STOP = 10
# The pause after a failure of the mail server doubles from one second to this one.
LONGEST_PAUSE = 30

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


class Sender(threading.Thread):
    """Claims due messages of one mailer and hands them to `settings.MAIL_CONNECTIONS` threads, each with a connection of its own.

    After a failure of the mail server, or while it refuses all messages, those that wait are released without an attempt. After a
    pause single messages probe the server until it accepts one.
    """

    def __init__(self, mailer=DEFAULT_MAILER_ALIAS):
        super().__init__(daemon=True, name=f"sender-{mailer}")
        self._mailer = mailer
        self.stopped = threading.Event()
        self._messages = apps.get_model("pledges.Message").objects
        self._claim_rows = max(CLAIM_ROWS, settings.MAIL_CONNECTIONS)
        self._waiting = queue.SimpleQueue()
        self._runs_low = threading.Event()
        # The messages that wait or are being sent, by id. Each has the attribute `lease_ends`, a time of the monotonic clock.
        self._held = {}
        self._failures = 0
        # Failed attempts since the last success, for any reason.
        self._failed_in_a_row = 0
        self._paused_until = 0

    def run(self):
        """Run until `stopped` is set; then finish the messages that are being sent and release the others."""
        threads = [threading.Thread(target=self._send_waiting, daemon=True) for _ in range(settings.MAIL_CONNECTIONS)]
        for thread in threads:
            thread.start()
        renewed_at = time.monotonic()
        while not self.stopped.is_set():
            if time.monotonic() > renewed_at + RENEWAL_INTERVAL:
                renewed_at = time.monotonic()
                self._run_safely(self._renew)
            self._run_safely(self._claim)
        self._run_safely(self._release_waiting)
        for _ in threads:
            self._waiting.put(None)
        for thread in threads:
            thread.join()
        connection.close()

    def _run_safely(self, step, *arguments):
        try:
            step(*arguments)
        except Exception as error:
            # The class only: the text may quote an address.
            logger.error("sender: %s", type(error).__name__)
            # The connection may be broken. Django opens a new one.
            connection.close()
            self.stopped.wait(POLL_INTERVAL)

    def _claim(self):
        """Claim as many messages as there is room for; wait if there is none, or if no more messages are due."""
        room = self._room()
        if not room:
            self._runs_low.wait(POLL_INTERVAL)
            self._runs_low.clear()
            return
        lease_ends = time.monotonic() + LEASE.total_seconds()
        claimed = self._messages.claim(room, LEASE, self._mailer)
        for message in claimed:
            if message.pk in self._held:
                # The lease ended while this process was paused or cut off from the database.
                continue
            message.lease_ends = lease_ends
            self._held[message.pk] = message
            self._waiting.put(message)
        if len(claimed) < room:
            self.stopped.wait(POLL_INTERVAL)

    def _room(self):
        if self._is_paused():
            return 0
        if self._failures:
            return 0 if self._held else 1
        return self._claim_rows if self._waiting.qsize() < self._claim_rows else 0

    def _is_paused(self):
        return time.monotonic() < self._paused_until

    def _renew(self):
        lease_ends = time.monotonic() + LEASE.total_seconds()
        held = [message for message in list(self._held.values()) if self._has_lease(message)]
        self._messages.renew([message.pk for message in held], LEASE)
        for message in held:
            message.lease_ends = lease_ends

    def _has_lease(self, message):
        """Whether the lease has not ended. Otherwise another worker may have claimed the message."""
        return time.monotonic() < message.lease_ends

    def _release_waiting(self):
        waiting = []
        while not self._waiting.empty():
            try:
                waiting.append(self._waiting.get_nowait())
            except queue.Empty:  # another thread was faster
                break
        self._release(waiting)

    def _release(self, messages):
        """Let other workers claim messages that were not attempted."""
        for message in messages:
            self._held.pop(message.pk, None)
        self._messages.release([message.pk for message in messages if self._has_lease(message)])
        for message in messages:
            message.give_back()

    def _send_waiting(self):
        """Send messages until None comes. Each connection thread runs this."""
        server = Connection(self._mailer)
        while (message := self._next(server)) is not None:
            self._run_safely(self._send_or_release, message, server)
        server.close()
        connection.close()

    def _next(self, server):
        try:
            message = self._waiting.get(timeout=IDLE_TIME)
        except queue.Empty:
            server.close()
            connection.close()
            message = self._waiting.get()
        if self._waiting.qsize() < self._claim_rows:
            self._runs_low.set()
        return message

    def _send_or_release(self, message, server):
        if self.stopped.is_set() or self._is_paused() or not self._has_lease(message):
            self._release([message])
            return
        try:
            error = message.attempt(server)
            self._record(message)
        finally:
            self._held.pop(message.pk, None)
        self._failed_in_a_row = self._failed_in_a_row + 1 if error else 0
        if not is_server_failure(error) and self._failed_in_a_row < CONSECUTIVE_FAILURES:
            self._failures = 0
        elif not self._is_paused():  # else another connection has failed at the same time
            self._paused_until = time.monotonic() + min(2**self._failures, LONGEST_PAUSE)
            self._failures += 1
            self._release_waiting()

    def _record(self, message):
        """Save the outcome. It is repeated while the database fails, because an unrecorded message is sent again."""
        gives_up_at = None
        while True:
            try:
                message.save_outcome()
                return
            except (DatabaseError, InterfaceError) as error:
                logger.error("message %s: %s", message.pk, type(error).__name__)
                connection.close()
            if self.stopped.is_set():
                gives_up_at = gives_up_at or time.monotonic() + RECORD_TIME_AFTER_STOP
                if time.monotonic() > gives_up_at:
                    return
            time.sleep(RECORD_RETRY_INTERVAL)


class Connection:
    """A connection of one thread. It is opened by the first message, and anew after an error or MESSAGES_PER_CONNECTION:
    Django's backends never replace a connection that was lost.

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
