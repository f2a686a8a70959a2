"""E-mail messages to supporters: delivery and retries."""

import logging
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, models
from django.db.models import Count, Min, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from pledges import metrics
from pledges.crypto import keys, news_links
from pledges.crypto.links import Purpose
from pledges.crypto.models import Unreadable
from pledges.mail import content, errors, mailers, news
from pledges.mail.mailers import MailerMinute, mailer_of
from pledges.mail.queue import GIVE_UP_AFTER, MessageQuerySet
from pledges.mail.returned_mailboxes import ReturnedMailbox
from pledges.mail.texts import BULK_KINDS, FIRST_KINDS, MessageKind, MessageText
from pledges.providers.models import BlockedAddress, ProviderRule, mailbox_digests

logger = logging.getLogger(__name__)
# The key of its id among the metadata that a provider sends back with its reports.
METADATA = "mail"
# The delays before the first retries. All later ones follow after LATER_RETRY_DELAY.
RETRY_DELAYS = [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2)]
LATER_RETRY_DELAY = timedelta(hours=6)
# Joins the messages that wait, and adds the others. The update locks them, so that no sender claims one before the caller's
# changes are committed.
QUEUE_SQL = """
WITH asked AS (SELECT * FROM unnest(%(ids)s::uuid[], %(languages)s::text[]) AS asked (id, language)),
joined AS (
    UPDATE pledges_message SET language = asked.language FROM asked
    WHERE {about} = asked.id AND kind = %(kind)s AND state = 'queued' AND leased_until IS NULL AND %(joins)s
    RETURNING {about} AS id
)
INSERT INTO pledges_message (id, kind, {about}, language, state, attempts, error)
SELECT gen_random_uuid(), %(kind)s, id, language, 'queued', 0, '' FROM asked WHERE id NOT IN (SELECT id FROM joined)
"""
# A message that was sent or given up is kept this long.
MESSAGE_RETENTION = timedelta(days=30)


class Message(models.Model):
    """One message to one supporter, delivered at least once.

    The recipient's address is read from the pledge. A message stores it itself, encrypted, where no pledge has it: the last one,
    after the pledge is erased or has another address, and the answer to a sign-up by someone whose address is erased. That row is
    deleted once the message is sent, or given up for good.
    """

    Kind = MessageKind

    class State(models.TextChoices):
        QUEUED = "queued", _("to be sent")
        SENT = "sent", _("sent")
        FAILING = "failing", _("failed after three days")
        REFUSED = "refused", _("refused by the recipient’s server")
        # Came back after it was sent, with `sent_at` and `returned_at`.
        BOUNCED = "bounced", _("came back: there is no such mailbox")
        DELAYED = "delayed", _("came back: the mailbox could not take it")
        SPAM = "spam", _("reported as spam")

    # The states of messages that came back.
    RETURNED = (State.BOUNCED, State.DELAYED, State.SPAM)
    # Those of messages that did not reach their recipients.
    UNDELIVERED = (State.FAILING, State.REFUSED, State.BOUNCED, State.DELAYED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=11, choices=Kind)
    pledge = models.ForeignKey(
        "pledges.Pledge", on_delete=models.CASCADE, null=True, related_name="messages", verbose_name=_("pledge")
    )
    # A message is about a pledge, a group pledge, an organisation or a voice, or answers an enquiry or a request. The indexes are
    # below.
    group = models.ForeignKey(
        "pledges.GroupPledge",
        on_delete=models.CASCADE,
        null=True,
        related_name="messages",
        db_index=False,
        verbose_name=_("group pledge"),
    )
    joining = models.ForeignKey(
        "pledges.Joining",
        on_delete=models.CASCADE,
        null=True,
        related_name="messages",
        db_index=False,
        verbose_name=_("organisation that joins"),
    )
    answer = models.ForeignKey(
        "pledges.Answer", on_delete=models.CASCADE, null=True, related_name="messages", db_index=False
    )
    request = models.ForeignKey(
        "pledges.DataRequest", on_delete=models.CASCADE, null=True, related_name="messages", db_index=False
    )
    voice = models.ForeignKey(
        "pledges.VoiceOwner", on_delete=models.CASCADE, null=True, related_name="messages", db_index=False
    )
    # That of a message of the kind `news`, which is to a pledge.
    mailing = models.ForeignKey(
        "pledges.Mailing", on_delete=models.PROTECT, null=True, related_name="messages", db_index=False
    )
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    address_cipher = models.BinaryField(null=True, editable=False)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.QUEUED)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    # Retries end GIVE_UP_AFTER after this time. Staff can queue a message that was given up again, which resets it.
    queued_at = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField(_("due"), db_default=Now(), editable=False)
    # While a worker sends the message; see `claim`.
    leased_until = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    tried_at = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)
    returned_at = models.DateTimeField(_("came back"), null=True, editable=False)
    # The class and SMTP codes of the last error, never its text, which may quote an address.
    error = models.CharField(_("last error"), max_length=80, blank=True, editable=False)

    # Set by `claim`: the minute in which it counts towards the limits of its mailer, None without a limit.
    counted_at = None
    # Set by `attempt`.
    no_longer_applies = False
    # Set by `save_outcome`: whether it would have been given up, but all messages are refused.
    is_kept = False

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="message_state_and_time",
                condition=Q(state="sent", sent_at__isnull=False, returned_at=None)
                | Q(state__in=["bounced", "delayed", "spam"], sent_at__isnull=False, returned_at__isnull=False)
                | Q(state__in=["queued", "failing", "refused"], sent_at=None, returned_at=None),
            ),
            models.CheckConstraint(
                name="message_pledge_or_address",
                condition=Q(pledge__isnull=False)
                | Q(group__isnull=False)
                | Q(joining__isnull=False)
                | Q(answer__isnull=False)
                | Q(request__isnull=False)
                | Q(voice__isnull=False)
                | Q(address_cipher__isnull=False),
            ),
            models.CheckConstraint(
                name="message_news_of_a_mailing",
                condition=(Q(mailing=None) & ~Q(kind="news"))
                | Q(mailing__isnull=False, kind="news", pledge__isnull=False),
            ),
            # Each person gets a mailing at most once. Its index also finds the messages of a mailing.
            models.UniqueConstraint(
                fields=["mailing", "pledge"], name="message_once_for_each", condition=Q(mailing__isnull=False)
            ),
            models.CheckConstraint(
                name="message_lease_only_while_queued", condition=Q(leased_until=None) | Q(state="queued")
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="message_queued", condition=Q(state="queued")),
            # `claim` finds them behind millions of bulk messages.
            models.Index(
                fields=["due_at"], name="message_queued_not_bulk", condition=Q(state="queued") & ~Q(kind__in=BULK_KINDS)
            ),
            models.Index(
                fields=["due_at"],
                name="message_queued_first",
                condition=Q(state="queued") & Q(kind__in=FIRST_KINDS),
            ),
            models.Index(fields=["-tried_at"], name="message_tried", condition=Q(tried_at__isnull=False)),
            # Whether the mailer of bulk works is asked while millions of others were sent since.
            models.Index(
                fields=["-tried_at"],
                name="message_tried_bulk",
                condition=Q(tried_at__isnull=False) & Q(kind__in=BULK_KINDS),
            ),
            models.Index(fields=["group"], name="message_group", condition=Q(group__isnull=False)),
            models.Index(fields=["joining"], name="message_joining", condition=Q(joining__isnull=False)),
            models.Index(fields=["answer"], name="message_answer", condition=Q(answer__isnull=False)),
            models.Index(fields=["request"], name="message_request", condition=Q(request__isnull=False)),
            models.Index(fields=["voice"], name="message_voice", condition=Q(voice__isnull=False)),
            # The figures of a mailing, without reading its messages.
            models.Index(fields=["mailing", "state"], name="message_mailing", condition=Q(mailing__isnull=False)),
            models.Index(fields=["created_at"], name="message_own_address", condition=Q(address_cipher__isnull=False)),
            models.Index(fields=["created_at"], name="message_failed", condition=Q(state__in=["failing", "refused"])),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {str(self.pk)[:8]}"

    @classmethod
    def queue(cls, kind, pledge):
        """Queue a message of this kind in the caller's transaction, unless one waits; returns it, or None: restricted.

        A worker sends it once the transaction is committed.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT queue_message(%s, %s)", [kind, pledge.pk])
            return cls.objects.select_related("pledge").filter(pk=cursor.fetchone()[0]).first()

    @classmethod
    def queue_many(cls, kind, rows, *, networks=None, joins=True):
        """Queue a message of this kind about each of these rows of one model, in constant statements.

        One that still waits unclaimed is joined, and goes in the language of its row; without `joins` each row gets its own. None
        is about a restricted row. `networks` are the digests of the networks that caused them, by the id of the row.
        """
        rows = {row.pk: row for row in rows if row.restricted_at is None}
        if not rows:
            return
        about = f"{cls.field_about(next(iter(rows.values())))}_id"
        values = {"ids": list(rows), "languages": [row.language for row in rows.values()], "kind": kind, "joins": joins}
        with connection.cursor() as cursor:
            cursor.execute(QUEUE_SQL.format(about=about), values)

    @staticmethod
    def field_about(row):
        """The name of the field of messages about this row."""
        return getattr(row, "TABLE", "") or "pledge"

    @classmethod
    def queue_for(cls, kind, **about):
        """Queue, in the caller's transaction, a message about this group, joining, answer, request or voice, unless one waits."""
        [row] = about.values()
        if not cls.objects.queued().filter(kind=kind, leased_until=None, **about).exists():
            cls.objects.create(kind=kind, language=row.language, **about)

    @classmethod
    def queue_last(cls, kind, address, language):
        """Queue the last message to an address that no pledge holds any more. It stores the encrypted address."""
        message = cls(kind=kind, language=language)
        message.address_cipher = keys.encrypt(address, associated_data=message.associated_data)
        message.save(force_insert=True)
        return message

    @property
    def associated_data(self):
        """The associated data that bind the ciphertext to this row. `settle_pledge` copies that of a submission, with its id."""
        return f"message.address.{self.pk}" if self.pledge_id is None else f"pledge.address.{self.pk}"

    @property
    def address(self):
        """The decrypted address of the recipient, or None if it is erased. Raises CannotDecrypt."""
        if self.address_cipher is not None:
            return keys.decrypt(self.address_cipher, associated_data=self.associated_data)
        if self.contact is not None:
            return self.contact.address
        if self.kind == self.Kind.NEW_ADDRESS:
            return self.pledge.new_address
        return self.pledge.address_of_mailbox if self.spec.per_address else self.pledge.address

    @property
    def contact(self):
        """The group pledge, organisation, answer, request or owner of a voice that it is about, or None."""
        return self.group or self.joining or self.answer or self.request or self.voice

    @property
    def spec(self):
        """The `MessageSpec` of this kind."""
        return content.SPECS[self.kind]

    @property
    def mailer(self):
        """The name of the mailer that sends it."""
        return mailer_of(self.kind)

    def mailbox_digests(self, rules):
        """{column: digest} of the recipient's mailbox, or None if there is no recipient any more, or none that decrypts."""
        try:
            address = self.address
        except keys.CannotDecrypt:
            return None
        return mailbox_digests(address, rules) if address else None

    @cached_property
    def rules(self):
        """The provider rules. `claim` sets them, so that they are read once for all its messages."""
        return ProviderRule.objects.by_domain()

    @cached_property
    def words(self):
        """The `MailWords` of the message. `claim` sets them, so that they are read once for all its messages."""
        if self.mailing:
            return self.mailing.words(self.language)
        return MessageText.objects.words_in_use(self.kind, self.language)

    def compose(self):
        """The e-mail, or None if the message no longer applies, such as a reminder after the confirmation."""
        if not self._read_subject():
            return None
        address = self.address
        if address is None or not self.spec.applies(self.contact or self.pledge):
            return None
        if self.mailing and not self._is_wanted():
            return None
        if not self.spec.ignores_blocks and BlockedAddress.objects.holds(address, self.rules):
            return None
        if self.kind in BULK_KINDS and ReturnedMailbox.objects.holds(address, self.rules):
            return None
        if self.mailing:
            return news.compose(self.words, news_links.url(self.pledge, self.mailing_id), self.language, address)
        pledges = [self.contact or self.pledge]
        if self.spec.per_address:
            rows = type(self.pledge).objects.at_address(address).with_person().filter(restricted_at=None)
            # Without a second button, none may confirm what a stranger signed.
            pledges = list(rows if self.spec.second_purpose else rows.holding_place())
        if not pledges:
            return None
        if self.spec.link_purpose == Purpose.CONFIRM and self.pledge.confirmed_namesake():
            words = MessageText.objects.words_in_use(self.Kind.SIMILAR, self.language)
            return content.compose(self.Kind.SIMILAR, words, pledges, self.language, address)
        return content.compose(self.kind, self.words, pledges, self.language, address)

    def _is_wanted(self):
        """Whether the mailing still goes out, and its recipient still follows what it is about."""
        mailing = type(self.mailing).objects.filter(pk=self.mailing_id).exclude(state="cancelled").first()
        return mailing is not None and mailing.followers().filter(pk=self.pledge_id).exists()

    def _read_subject(self):
        """Read what it is about as it is now, changed since the claim or not. False if it is gone or restricted."""
        for name in ("pledge", "group", "joining", "answer", "request", "voice"):
            if row := getattr(self, name):
                row = type(row).objects.filter(pk=row.pk).first()
                setattr(self, name, row)
                if row is None:
                    return False
                # An answer is restricted with its enquiry.
                return (row.enquiry if name == "answer" else row).restricted_at is None
        return True

    # Delivery: an attempt, its outcome, and when it is tried again

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
            mail.metadata = {METADATA: str(self.pk)}
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


# While the mail server fails, it is not known how long.
FAILING_WAIT = timedelta(hours=2)
# Longer than any quota lets a message wait that a page could promise.
UNKNOWN_WAIT = timedelta(days=3)


class MailDelay(models.Model):
    """The single row with the present step. It is part of the published content: pages that state it are rendered anew."""

    class Step(models.TextChoices):
        MINUTES = "minutes"
        HOUR = "hour"
        TODAY = "today"
        TOMORROW = "tomorrow"
        LATER = "later"

    step = models.CharField(max_length=8, choices=Step, default=Step.MINUTES)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(name="mail_delay_single_row", condition=Q(pk=1))]

    def __str__(self):
        return self.step

    @classmethod
    def current(cls):
        """The present step."""
        row = cls.objects.first()
        return row.step if row else cls.Step.MINUTES

    @classmethod
    def measure(cls):
        """Measure the delay and store its step if it has changed; returns the step."""
        step = step_of(expected_wait(), timezone.now())
        if step != cls.current():
            cls.objects.bulk_create(
                [cls(pk=1, step=step)], update_conflicts=True, unique_fields=["pk"], update_fields=["step"]
            )
        return step


def step_of(wait, now):
    """The MailDelay.Step of a wait (a timedelta) that begins at this time."""
    days = (timezone.localdate(now + wait) - timezone.localdate(now)).days
    if wait <= timedelta(minutes=10):
        return MailDelay.Step.MINUTES
    if wait <= timedelta(hours=1):
        return MailDelay.Step.HOUR
    return [MailDelay.Step.TODAY, MailDelay.Step.TOMORROW, MailDelay.Step.LATER][min(days, 2)]


def expected_wait():
    """How long a message that people wait for takes if it is queued now: a timedelta, from what waits and from the limits."""
    messages = Message.objects.of_mailer(mailers.DEFAULT)
    ahead = messages.due().exclude(kind__in=BULK_KINDS).aggregate(n=Count("pk"), since=Min("due_at"))
    now, limits = timezone.now(), settings.MAIL_LIMITS.get(mailers.DEFAULT, {})
    waits = [timedelta(), now - (ahead["since"] or now)]
    if per_minute := limits.get("per_minute"):
        waits.append(timedelta(minutes=ahead["n"] / per_minute))
    if per_day := limits.get("per_day"):
        waits.append(_wait_for_quota(ahead["n"] + 1, per_day, now))
    if messages.mail_is_failing():
        waits.append(FAILING_WAIT)
    return max(waits)


def _wait_for_quota(wanted, per_day, now):
    """How long until the quota of a day has room for so many messages."""
    minutes = list(mailers.MailerMinute.objects.counting(mailers.DEFAULT).order_by("minute").values_list("minute", "n"))
    missing = wanted + sum(n for _minute, n in minutes) - per_day
    for minute, n in minutes:
        if missing <= 0:
            break
        missing -= n
        free_at = minute + mailers.QUOTA_PERIOD + timedelta(minutes=1)
        if missing <= 0:
            return max(free_at - now, timedelta())
    return UNKNOWN_WAIT if missing > 0 else timedelta()
