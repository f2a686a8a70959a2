"""E-mail messages to supporters: queue, delivery and retries."""

import itertools
import logging
import uuid
from datetime import timedelta

from django.conf import settings
from django.core.mail import mailers
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pledges import tasks
from pledges.crypto import keys
from pledges.mail import content, errors
from pledges.models.message_texts import MessageKind, MessageText

logger = logging.getLogger(__name__)

# The delays before the first retries. All later ones follow after LATER_RETRY_DELAY.
RETRY_DELAYS = [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2)]
LATER_RETRY_DELAY = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=3)
# Limits of `mail_is_failing`.
CONSECUTIVE_FAILURES = 20
OUTAGE_AFTER = timedelta(minutes=15)


class MessageQuerySet(models.QuerySet):
    """Queries on messages."""

    def queued(self):
        """Messages that are neither sent nor given up."""
        return self.filter(state=Message.State.QUEUED)

    def due(self):
        """Queued messages whose `due_at` has come."""
        return self.queued().filter(due_at__lte=Now())

    def failing(self):
        """Messages that were given up. They need the attention of staff."""
        return self.filter(state__in=[Message.State.FAILING, Message.State.REFUSED])

    def mail_is_failing(self):
        """Whether sending does not work, judged by the messages tried since the last one that was sent.

        An error of our own mail server (unreachable, or it refuses our credentials or sender) counts after OUTAGE_AFTER. Errors
        of recipients' servers count only after CONSECUTIVE_FAILURES, because a few full or invented mailboxes are normal.
        """
        newest = self.filter(tried_at__isnull=False).order_by("-tried_at")[:CONSECUTIVE_FAILURES]
        failed = list(itertools.takewhile(lambda message: message.state != Message.State.SENT, newest))
        if len(failed) == CONSECUTIVE_FAILURES:
            return True
        own_errors = [message for message in failed if not message.error.startswith(errors.RECIPIENT_ERRORS)]
        return any(timezone.now() - message.queued_at > OUTAGE_AFTER for message in own_errors)

    def send_again(self):
        """Queue those that were given up once more; returns the messages that this call changed."""
        with transaction.atomic():
            messages = list(self.failing().select_for_update(of=("self",)))
            Message.objects.filter(pk__in=[message.pk for message in messages]).update(
                state=Message.State.QUEUED, queued_at=Now(), due_at=Now(), attempts=0, error=""
            )
            for message in messages:
                message.attempts = 0
                message.enqueue()
        return messages


class Message(models.Model):
    """One message to one supporter, delivered at least once.

    The recipient's address is read from the pledge. Only the last message, after the pledge is erased, stores it itself,
    encrypted; that row is deleted once the message is sent or given up.
    """

    Kind = MessageKind

    class State(models.TextChoices):
        QUEUED = "queued", _("to be sent")
        SENT = "sent", _("sent")
        FAILING = "failing", _("given up after three days")
        REFUSED = "refused", _("refused by the recipient's server")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=11, choices=Kind)
    pledge = models.ForeignKey(
        "pledges.Pledge", on_delete=models.CASCADE, null=True, related_name="messages", verbose_name=_("pledge")
    )
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    address_cipher = models.BinaryField(null=True, editable=False)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.QUEUED)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    # Retries end GIVE_UP_AFTER after this time. Staff can queue a message that was given up again, which resets it.
    queued_at = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField(_("due"), db_default=Now(), editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    tried_at = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)
    # The class and SMTP codes of the last error, never its text, which may quote an address.
    error = models.CharField(_("last error"), max_length=80, blank=True, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="message_state_and_time",
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)),
            ),
            # Only the last message has no pledge, so only it stores the address.
            models.CheckConstraint(
                name="message_pledge_or_address",
                condition=Q(pledge__isnull=False, address_cipher=None) | Q(pledge=None, address_cipher__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="message_queued", condition=Q(state="queued")),
            models.Index(fields=["-tried_at"], name="message_tried", condition=Q(tried_at__isnull=False)),
            models.Index(fields=["created_at"], name="message_failed", condition=Q(state__in=["failing", "refused"])),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {str(self.pk)[:8]}"

    @classmethod
    def queue(cls, kind, pledge):
        """Create a message of this kind and enqueue it, in the caller's transaction."""
        message = cls.objects.create(kind=kind, pledge=pledge, language=pledge.language)
        message.enqueue()
        return message

    @classmethod
    def queue_withdrawn(cls, pledge):
        """Queue the last message, which says that the pledge is erased. It stores the encrypted address."""
        message = cls(kind=cls.Kind.WITHDRAWN, language=pledge.language)
        message.address_cipher = keys.encrypt(pledge.address, associated_data=message.associated_data)
        message.save(force_insert=True)
        message.enqueue()
        return message

    @property
    def associated_data(self):
        """The associated data that bind the ciphertext to this row."""
        return f"message.address.{self.pk}"

    @property
    def address(self):
        """The decrypted address of the recipient. Raises CannotDecrypt."""
        if self.pledge is None:
            return keys.decrypt(self.address_cipher, associated_data=self.associated_data)
        if self.kind == self.Kind.NEW_ADDRESS:
            return self.pledge.new_address
        return self.pledge.address

    def enqueue(self):
        """Enqueue the task that sends the message: now, or at `due_at` after a failed attempt."""
        task = tasks.send_message.using(run_after=self.due_at) if self.attempts else tasks.send_message
        task.enqueue(str(self.pk))

    def compose(self):
        """The e-mail, or None if the message no longer applies, such as a reminder after the confirmation."""
        spec = content.SPECS[self.kind]
        if not spec.applies(self.pledge):
            return None
        pledges = [self.pledge]
        if spec.per_address:
            pledges = list(type(self.pledge).objects.at_address(self.address))
        if not pledges:
            return None
        words = MessageText.objects.words_in_use(self.kind, self.language)
        return content.compose(self.kind, words, pledges, self.language, self.address)

    def attempt(self):
        """Try to send the message once and save the outcome. The caller holds the row's lock.

        Delivery is at least once: a crash between sending and saving leads to a second copy.
        """
        self.attempts += 1
        self.tried_at = timezone.now()
        try:
            mail = self.compose()
            if mail is None:
                self.delete()
                return
            # The context manager closes the connection even if the login fails; `mail.send()` does not.
            with mailers.default as server:
                server.send_messages([mail])
        except Exception as error:
            self._schedule_retry(error)
        else:
            self.state, self.sent_at, self.error = self.State.SENT, timezone.now(), ""
        self._save_outcome()

    def _schedule_retry(self, error):
        self.error = errors.error_kind(error)
        logger.warning("message %s, attempt %d: %s", self.pk, self.attempts, self.error)
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

        The last message needs no minimum of attempts, because it stores an address.
        """
        return self.pledge is None or self.attempts > len(RETRY_DELAYS)

    def _save_outcome(self):
        if self.pledge is None and self.state != self.State.QUEUED:
            # The row stores the address, so it is deleted.
            self.delete()
            return
        with transaction.atomic():
            self.save(update_fields=["state", "sent_at", "error", "attempts", "tried_at", "due_at"])
            if self.state == self.State.QUEUED:
                self.enqueue()
