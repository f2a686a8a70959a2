"""Delivery of one message: an attempt, its outcome, and when it is tried again."""

import logging
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, models
from django.utils import timezone

from pledges import metrics
from pledges.crypto import keys, return_addresses
from pledges.mail import errors
from pledges.models.mailers import MailerMinute
from pledges.models.message_queue import GIVE_UP_AFTER
from pledges.models.unreadable import Unreadable

logger = logging.getLogger(__name__)

# The delays before the first retries. All later ones follow after LATER_RETRY_DELAY.
RETRY_DELAYS = [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2)]
LATER_RETRY_DELAY = timedelta(hours=6)


class Delivery(models.Model):
    """Abstract base of Message, which declares the fields."""

    class Meta:
        abstract = True

    # Set by `claim`: the minute in which it counts towards the limits of its mailer, None without a limit.
    counted_at = None
    # Set by `attempt`.
    no_longer_applies = False
    # Set by `save_outcome`: whether it would have been given up, but all messages are refused.
    is_kept = False

    def give_back(self):
        """Do not count it towards the limits of its mailer: it was not handed to the server."""
        if self.counted_at is not None:
            MailerMinute.objects.give_back(self.mailer, self.counted_at)
            self.counted_at = None

    def attempt(self, server):
        """Try once to hand the message to `server`, a `pledges.mail.connections.Connection`; returns the error or None.

        The caller has claimed the message and calls `save_outcome` next. Delivery is at least once: a crash between the two
        leads to a second copy.
        """
        self.attempts += 1
        self.tried_at = timezone.now()
        try:
            mail = self.compose()
            if mail is None:
                self.no_longer_applies = True
                self.give_back()
                return None
            return_addresses.expect_return(mail, return_addresses.token(self.pk, self.return_binding))
            server.send(mail)
        except (DatabaseError, InterfaceError):
            # No fault of the mail server: the message is claimed again when its lease ends.
            raise
        except keys.CannotDecrypt as error:
            # The missing key may be put back meanwhile.
            Unreadable.record(error)
            self.give_back()
            self._schedule_retry(error)
            return error
        except Exception as error:
            if errors.is_server_failure(error):
                self.give_back()
            self._schedule_retry(error)
            return error
        self.state, self.sent_at, self.error = self.State.SENT, timezone.now(), ""
        return None

    def save_outcome(self):
        """Save the outcome of `attempt` and end the lease, in one statement. A row that was deleted meanwhile stays deleted.

        A message that was given up is queued again if all the others are refused too.
        """
        row = type(self).objects.filter(pk=self.pk)
        # A row that stores an address goes once the message is sent or too old. Refused, it waits for erase_refused_addresses().
        is_over = self.address_cipher is not None and self.state in (self.State.SENT, self.State.FAILING)
        if self.no_longer_applies or is_over:
            row.delete()
        else:
            columns = ["state", "sent_at", "error", "attempts", "tried_at", "due_at"]
            row.update(leased_until=None, **{column: getattr(self, column) for column in columns})
        if self.state in (self.State.REFUSED, self.State.FAILING):
            self.is_kept = bool(type(self).objects.of_mailer(self.mailer).keep_if_all_fail())
        self._log()

    def _log(self):
        outcome = "dropped" if self.no_longer_applies else "kept" if self.is_kept else self.state
        metrics.MESSAGES.labels(self.mailer, self.kind, outcome).inc()
        fields = {"mail": str(self.pk), "kind": self.kind, "outcome": outcome, "attempt": self.attempts}
        level = logging.WARNING if self.error else logging.INFO
        logger.log(level, "mail", extra={"fields": fields | ({"error": self.error} if self.error else {})})

    def _schedule_retry(self, error):
        self.error = errors.error_kind(error)
        now = timezone.now()
        delay = RETRY_DELAYS[self.attempts - 1] if self.attempts <= len(RETRY_DELAYS) else LATER_RETRY_DELAY
        if errors.is_final_refusal(error):
            self.state = self.State.REFUSED
        elif now + delay > self.queued_at + GIVE_UP_AFTER and self._may_give_up():
            self.state = self.State.FAILING
        else:
            self.due_at = now + delay

    def _may_give_up(self):
        """Whether enough attempts were made. After days without a worker a message may be too old but hardly tried.

        A message that stores an address needs no minimum of attempts.
        """
        return self.address_cipher is not None or self.attempts > len(RETRY_DELAYS)
