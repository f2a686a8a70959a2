"""Messages that are owed to supporters: one row each, so that none is lost and none is sent for ever."""

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

RETRY_AFTER = [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2)]
THEN_EVERY = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=3)
# What `mail_fails` looks at.
IN_A_ROW = 20
MAIL_REST = timedelta(minutes=15)


class MessageQuerySet(models.QuerySet):
    def queued(self):
        """Not sent yet and not given up."""
        return self.filter(state=Message.State.QUEUED)

    def due(self):
        """Owed, and it is time."""
        return self.queued().filter(due_at__lte=Now())

    def failing(self):
        """Given up: staff should look."""
        return self.filter(state__in=[Message.State.FAILING, Message.State.REFUSED])

    def mail_fails(self):
        """Whether nothing gets out any more, judged by the messages tried since one was last taken.

        A fault on our side (the server is away, or refuses our sign-in or sender) counts after a quarter of an hour. What
        the recipients' servers refuse counts only when it is many in a row: a single full or made-up mailbox is no alarm.
        """
        newest = self.filter(tried_at__isnull=False).order_by("-tried_at")[:IN_A_ROW]
        failed = list(itertools.takewhile(lambda message: message.state != Message.State.SENT, newest))
        ours = [message for message in failed if not message.error.startswith(errors.RECIPIENT_ERRORS)]
        return len(failed) == IN_A_ROW or any(timezone.now() - message.created_at > MAIL_REST for message in ours)

    def send_again(self):
        """Owe those that were given up anew, as if just created; returns the messages this call changed."""
        with transaction.atomic():
            messages = list(self.failing().select_for_update(of=("self",)))
            # From its creation on a message is tried for three days.
            Message.objects.filter(pk__in=[message.pk for message in messages]).update(
                state=Message.State.QUEUED, created_at=Now(), due_at=Now(), attempts=0, error=""
            )
            for message in messages:
                message.attempts = 0
                message.enqueue()
        return messages


class Message(models.Model):
    """One message to one supporter. It holds no address but the last one's, encrypted, until that is sent."""

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
    due_at = models.DateTimeField(_("due"), db_default=Now(), editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    tried_at = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)
    # The kind of the last error, never its text: that may quote an address.
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
            # The last message outlives its pledge and so carries the address; no other does.
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
        """Owe a message of this kind and enqueue it, in the caller's transaction."""
        message = cls.objects.create(kind=kind, pledge=pledge, language=pledge.language)
        message.enqueue()
        return message

    @classmethod
    def queue_withdrawn(cls, pledge):
        """Owe the message that says a pledge was erased; it keeps the address, encrypted, until it is sent."""
        message = cls(kind=cls.Kind.WITHDRAWN, language=pledge.language)
        message.address_cipher = keys.encrypt(pledge.address, place=message.place)
        message.save(force_insert=True)
        message.enqueue()
        return message

    @property
    def place(self):
        """What binds the ciphertext to this row."""
        return f"message.address.{self.pk}"

    @property
    def address(self):
        """Whom to send it to, decrypted."""
        if self.pledge is None:
            return keys.decrypt(self.address_cipher, place=self.place)
        if self.kind == self.Kind.NEW_ADDRESS:
            return self.pledge.new_address
        return self.pledge.address

    def enqueue(self):
        """Have the worker send it when it is due."""
        task = tasks.send_message.using(run_after=self.due_at) if self.attempts else tasks.send_message
        task.enqueue(str(self.pk))

    def compose(self):
        """The e-mail; None when it no longer applies, such as a reminder to a supporter who has confirmed."""
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
        """Hand the message to the mail server once and record what came of it; the caller holds the row's lock.

        At least once: a crash between handing over and recording leads to a second copy.
        """
        self.attempts += 1
        self.tried_at = timezone.now()
        try:
            mail = self.compose()
            if mail is None:
                self.delete()
                return
            # The context manager closes the connection also when the sign-in fails; `mail.send()` does not.
            with mailers.default as server:
                server.send_messages([mail])
        except Exception as error:
            self._failed(error)
        else:
            self.state, self.sent_at, self.error = self.State.SENT, timezone.now(), ""
        self._record()

    def _failed(self, error):
        self.error = errors.error_kind(error)
        logger.warning("message %s, attempt %d: %s", self.pk, self.attempts, self.error)
        now = timezone.now()
        wait = RETRY_AFTER[self.attempts - 1] if self.attempts <= len(RETRY_AFTER) else THEN_EVERY
        if errors.is_final_refusal(error):
            self.state = self.State.REFUSED
        elif now + wait > self.created_at + GIVE_UP_AFTER and self._had_its_tries():
            self.state = self.State.FAILING
        else:
            self.due_at = now + wait

    def _had_its_tries(self):
        """After days without a worker a first fault is no reason to give up; the last message keeps an address, and is."""
        return self.pledge is None or self.attempts > len(RETRY_AFTER)

    def _record(self):
        if self.pledge is None and self.state != self.State.QUEUED:
            # Its work is done or cannot be done: the address goes.
            self.delete()
            return
        with transaction.atomic():
            self.save(update_fields=["state", "sent_at", "error", "attempts", "tried_at", "due_at"])
            if self.state == self.State.QUEUED:
                self.enqueue()
