"""E-mail messages to supporters: their queue, delivery and retries."""

import itertools
import logging
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, models, transaction
from django.db.models import Case, Q, When
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from pledges import metrics
from pledges.crypto import keys, links
from pledges.crypto.links import Purpose
from pledges.crypto.models import Unreadable
from pledges.mail import content, mailers, sending
from pledges.mail.kinds import SPECS, MessageKind, Priority
from pledges.mail.mailboxes import BlockedAddress, MessageGrant, ReturnedMailbox, mailbox_digests
from pledges.mail.sending import CONSECUTIVE_FAILURES
from pledges.mail.texts import MessageText
from pledges.person import Restrictable, Sealing

logger = logging.getLogger(__name__)
# The key of its id among the metadata that a provider sends back with its reports.
METADATA = "mail"
# Limit of `mail_is_failing`.
OUTAGE_AFTER = timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(days=3)
# Pages say that an email takes longer than usual once one has been due for so long.
SLOW_AFTER = timedelta(minutes=10)
# The delays before the first retries. All later ones follow after LATER_RETRY_DELAY.
RETRY_DELAYS = [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2)]
LATER_RETRY_DELAY = timedelta(hours=6)
# A message that was sent or given up is kept this long.
MESSAGE_RETENTION = timedelta(days=30)
# Joins a message that waits unclaimed, or else inserts one, unless the row that it is about is restricted. That row is locked:
# were it deleted meanwhile, the message would stay. If two networks have asked for a message, it counts against neither, and is
# due at once.
QUEUE_SQL = """
WITH asked AS (
    SELECT DISTINCT ON (id) * FROM unnest(%(ids)s::uuid[], %(languages)s::text[], %(networks)s::bytea[])
        each (id, language, network)
), joined AS (
    UPDATE pledges_message message
    SET language = asked.language, network_digest = CASE WHEN network_digest = network THEN network END,
        due_at = CASE WHEN network_digest <> network THEN least(due_at, statement_timestamp()) ELSE due_at END
    FROM asked
    WHERE about_id = asked.id AND kind = %(kind)s AND state = 'queued' AND leased_until IS NULL AND %(joins)s
    RETURNING message.id, about_id
), made AS (
    INSERT INTO pledges_message (id, kind, about_id, mailing_id, language, network_digest, state, attempts, error)
    SELECT gen_random_uuid(), %(kind)s, asked.id, %(mailing)s, asked.language, network, 'queued', 0, ''
    FROM asked JOIN {table} about ON about.id = asked.id
    WHERE asked.id NOT IN (SELECT about_id FROM joined) AND {is_used}
    FOR KEY SHARE OF about
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT id FROM joined UNION ALL SELECT id FROM made
"""


class MessageQuerySet(models.QuerySet):
    def queued(self):
        """Messages that are neither sent nor given up."""
        return self.filter(state=self.model.State.QUEUED)

    def about(self, rows):
        return self.filter(about_id__in=[row.pk for row in rows])

    def waiting_or_new(self, kind):
        """Messages of this kind that still wait unclaimed, or are less than a minute old."""
        is_waiting = Q(state=self.model.State.QUEUED, leased_until=None)
        return self.filter(is_waiting | Q(created_at__gt=Now() - timedelta(minutes=1)), kind=kind)

    def of_mailer(self, mailer):
        return self.filter(priority__in=mailers.priorities_of(mailer))

    def due(self):
        return self.queued().filter(due_at__lte=Now())

    def failing(self):
        """Messages that were given up. They need the attention of staff."""
        return self.filter(state__in=[self.model.State.FAILING, self.model.State.REFUSED])

    def mail_is_failing(self, mailer):
        """Whether sending by this mailer does not work, judged by the messages tried since the last one that was sent.

        An error of our own mail server (unreachable, or it refuses our credentials or sender) counts after OUTAGE_AFTER. Errors
        of recipients' servers count only after CONSECUTIVE_FAILURES, because a few full or invented mailboxes are normal.
        """
        failed = self._failed_since_the_last_sent(mailer)
        if len(failed) == CONSECUTIVE_FAILURES:
            return True
        own_errors = [message for message in failed if not message.error.startswith(sending.RECIPIENT_ERRORS)]
        return any(timezone.now() - message.queued_at > OUTAGE_AFTER for message in own_errors)

    def _failed_since_the_last_sent(self, mailer):
        """The messages tried since the last one that was sent, newest first, at most CONSECUTIVE_FAILURES."""
        tried = self.filter(tried_at__isnull=False).order_by("-tried_at")
        # Each part reads the last entries of an index.
        parts = [tried.filter(priority=each)[:CONSECUTIVE_FAILURES] for each in mailers.priorities_of(mailer)]
        newest = parts[0].union(*parts[1:], all=True).order_by("-tried_at") if parts[1:] else parts[0]
        return list(itertools.takewhile(lambda message: message.sent_at is None, newest[:CONSECUTIVE_FAILURES]))

    def last_sent_at(self):
        sent = (
            self.filter(tried_at__isnull=False, sent_at__isnull=False)
            .order_by("-tried_at")
            .values_list("tried_at", flat=True)
        )
        # Each part reads the end of an index.
        first, *others = [sent.filter(priority=each)[:1] for each in Priority]
        return first.union(*others, all=True).order_by("-tried_at").first()

    def is_slow(self):
        """Whether a message that people wait for takes longer than a minute or two: others wait, or none can be sent."""
        late = self.due().filter(priority__lt=Priority.BULK, due_at__lt=Now() - SLOW_AFTER)
        return late.exists() or self.mail_is_failing(mailers.DEFAULT) or mailers.Mailer.is_out_of_quota(mailers.DEFAULT)

    def send_again(self):
        """Queue those that were given up once more; returns the messages that this call changed."""
        with transaction.atomic():
            messages = list(self.failing().select_for_update(of=("self",)))
            self.model.objects.filter(pk__in=[message.pk for message in messages]).update(
                state=self.model.State.QUEUED, queued_at=Now(), due_at=Now(), attempts=0, error=""
            )
        return messages

    def claim(self, limit, lease, mailer=mailers.DEFAULT):
        """Claim up to this number of due messages of a mailer, for `lease`; returns them with what they need to be sent.

        Only the claimer may send them meanwhile. Messages above the limits of their mailbox become due later. Those above the
        limits of the mailer stay due.
        """
        messages = []
        with transaction.atomic():
            row = mailers.Mailer.locked(mailer)
            room, bulk_room = row.room(limit) if row else (limit, limit)
            while wanted := room - len(messages):
                bulk = bulk_room - sum(message.spec.is_bulk for message in messages)
                free = self._lock_free(wanted, bulk, mailer)
                granted = MessageGrant.objects.grant(free)
                self.renew([message.pk for message in granted], lease)
                messages += granted
                if len(free) < wanted:
                    break
            counted_in = row.use(len(messages)) if row and messages else None
        self._set_words(messages)
        for message in messages:
            message.counted_in = counted_in
        return messages

    @staticmethod
    def _set_words(messages):
        """Give each message its words, which are read once for all of them."""
        wanted = {(message.kind, message.mailing, message.language) for message in messages}
        by_kind = MessageText.objects.words_by_kind(
            {(kind, language) for kind, mailing, language in wanted if not mailing}
        )
        by_mailing = {(each, language): each.words(language) for _kind, each, language in wanted if each}
        for message in messages:
            found, key = (by_mailing, message.mailing) if message.mailing else (by_kind, message.kind)
            message.words = found[key, message.language]

    def _lock_free(self, limit, bulk_limit, mailer):
        """Lock and return due messages of a mailer that no other sender has claimed, those of the first priority first.

        Those of a kind that only a newer release knows wait for it: after a rollback they must not stop the others.
        """
        known = self.due().filter(kind__in=MessageKind.values).exclude(mailing__state="paused")
        free = known.filter(Q(leased_until=None) | Q(leased_until__lte=Now())).order_by("due_at")
        free = free.select_related("mailing__sector", "mailing__county")
        free = free.select_for_update(skip_locked=True, of=("self",))
        messages = []
        for priority in mailers.priorities_of(mailer):
            most = min(limit - len(messages), bulk_limit if priority == Priority.BULK else limit)
            if most > 0:
                messages += free.filter(priority=priority)[:most]
        return self.read_about(messages)

    def read_about(self, messages):
        """Set what each of these messages is about as it is now, with one query for each kind of row; returns them."""
        for name in {message.spec.about for message in messages}:
            concerned = [message for message in messages if message.spec.about == name]
            rows = {}
            if name:
                model = self.model._meta.get_field(name).related_model
                rows = model.objects.in_bulk([message.about_id for message in concerned])
            for message in concerned:
                message.about = rows.get(message.about_id)
        return messages

    def renew(self, ids, lease):
        """Let the leases of claimed messages end a timedelta from now."""
        self.queued().filter(pk__in=ids).update(leased_until=Now() + lease)

    def release(self, ids):
        """End the leases of claimed messages that were not attempted."""
        self.queued().filter(pk__in=ids).update(leased_until=None)


def _about(model):
    """What messages of some kinds are about: the row of this model with the id `about_id`. They end with it (tombstones.sql)."""
    return models.ForeignObject(
        model,
        on_delete=models.DO_NOTHING,
        from_fields=["about_id"],
        to_fields=["id"],
        null=True,
        related_name="messages",
        editable=False,
    )


class Message(Sealing):
    """One message to one supporter, delivered at least once.

    The recipient's address is read from what it is about. A message stores it itself, encrypted, where no row has it: the last
    one, after the row is erased or has another address, and the answer to a sign-up by someone whose address is erased. That row
    is deleted once the message is sent, or given up for good.
    """

    TABLE = "message"
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
    # What it is about: a row of the model that its kind names (MessageSpec.about). None for a last message.
    about_id = models.UUIDField(null=True, editable=False)
    pledge = _about("pledges.Pledge")
    group = _about("pledges.GroupPledge")
    joining = _about("pledges.Joining")
    answer = _about("pledges.Answer")
    request = _about("pledges.DataRequest")
    voice = _about("pledges.VoiceOwner")
    # That of a message of the kind `news`.
    mailing = models.ForeignKey(
        "pledges.Mailing", on_delete=models.PROTECT, null=True, related_name="messages", db_index=False
    )
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    address_cipher = models.BinaryField(null=True, editable=False)
    # While it is queued: the digest of the network whose form caused it (`MessageGrant`).
    network_digest = models.BinaryField(null=True, editable=False)
    priority = models.GeneratedField(
        expression=Case(
            *(
                When(kind__in=[kind for kind, spec in SPECS.items() if spec.priority == priority], then=priority.value)
                for priority in (Priority.FIRST, Priority.BULK)
            ),
            default=Priority.NORMAL.value,
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.QUEUED)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    # Retries end GIVE_UP_AFTER after this time, unless the server takes no other message either. Staff can queue a message that
    # was given up again, which resets it.
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

    # Set by `claim`: the quarter of an hour in which it counts towards the quota of its mailer, None without a limit.
    counted_in = None
    # Set by `attempt`.
    no_longer_applies = False

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("email that we send")
        verbose_name_plural = _("emails that we send")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="message_state_and_time",
                condition=Q(state="sent", sent_at__isnull=False, returned_at=None)
                | Q(state__in=["bounced", "delayed", "spam"], sent_at__isnull=False, returned_at__isnull=False)
                | Q(state__in=["queued", "failing", "refused"], sent_at=None, returned_at=None),
            ),
            models.CheckConstraint(
                name="message_about_or_address", condition=Q(about_id__isnull=False) | Q(address_cipher__isnull=False)
            ),
            models.CheckConstraint(
                name="message_news_of_a_mailing",
                condition=(Q(mailing=None) & ~Q(kind="news"))
                | Q(mailing__isnull=False, kind="news", about_id__isnull=False),
            ),
            # Each person gets a mailing at most once. Its index also gives the figures of a mailing without reading its messages.
            models.UniqueConstraint(
                fields=["mailing", "about_id"],
                name="message_once_for_each",
                condition=Q(mailing__isnull=False),
                include=["state"],
            ),
            models.CheckConstraint(
                name="message_lease_only_while_queued", condition=Q(leased_until=None) | Q(state="queued")
            ),
        ]
        indexes = [
            models.Index(fields=["priority", "due_at"], name="message_queued", condition=Q(state="queued")),
            models.Index(fields=["priority", "-tried_at"], name="message_tried", condition=Q(tried_at__isnull=False)),
            models.Index(fields=["about_id"], name="message_about", condition=Q(about_id__isnull=False)),
            # The admin list, which leaves out the news, pages in an index-only scan of this index.
            models.Index(fields=["-created_at", "-id"], name="message_newest", condition=~Q(kind="news")),
            # Those that were given up, and those that store an address.
            models.Index(
                fields=["created_at"],
                name="message_failed_or_last",
                condition=Q(state__in=["failing", "refused"]) | Q(address_cipher__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {str(self.pk)[:8]}"

    @classmethod
    def queue(cls, kind, row, *, network=None):
        """Queue, in the caller's transaction, a message of this kind about a row, unless one waits; returns it, None: restricted.

        `network` is the digest of the network whose form caused it. A worker sends it once the transaction is committed.
        """
        found = cls.queue_many(kind, [row], networks={row.pk: network})
        # It is gone again if the row was deleted meanwhile.
        return cls.objects.filter(pk__in=found).first()

    @classmethod
    def queue_many(cls, kind, rows, *, networks=None, joins=True, mailing=None):
        """`queue` for rows of one model, in one statement; returns the ids of the messages.

        `networks` are {id of a row: digest}. Without `joins` each row gets a message of its own; of one `mailing` (its id) one
        at most.
        """
        if not rows:
            return []
        values = {
            "kind": kind,
            "ids": [row.pk for row in rows],
            "languages": [row.language for row in rows],
            "networks": [(networks or {}).get(row.pk) for row in rows],
            "joins": joins,
            "mailing": mailing,
        }
        with connection.cursor() as cursor:
            # An answer is restricted with its enquiry, which the sender looks at.
            is_used = "restricted_at IS NULL" if isinstance(rows[0], Restrictable) else "true"
            cursor.execute(QUEUE_SQL.format(table=rows[0]._meta.db_table, is_used=is_used), values)
            return [pk for (pk,) in cursor.fetchall()]

    @classmethod
    def queue_last(cls, kind, address, language, **columns):
        """Queue a message to an address that no row holds, such as the last one. It stores the encrypted address."""
        message = cls(kind=kind, language=language, **columns)
        message.address_cipher = keys.encrypt(address, associated_data=message.associated_data("address"))
        message.save(force_insert=True)
        return message

    @cached_property
    def about(self):
        """The row that it is about, or None: it has none, or that is gone. `claim` reads those of all its messages at once."""
        type(self).objects.read_about([self])
        return self.about

    @property
    def address(self):
        """The decrypted address of the recipient, or None if it is erased. Raises CannotDecrypt."""
        if self.address_cipher is not None:
            return keys.decrypt(self.address_cipher, associated_data=self.associated_data("address"))
        if self.about is None:
            return None
        if self.kind == self.Kind.NEW_ADDRESS:
            return self.about.new_address
        return self.about.address_of_mailbox if self.spec.per_address else self.about.address

    @property
    def spec(self):
        return SPECS[self.kind]

    @property
    def mailer(self):
        return mailers.mailer_of(self.kind)

    def mailbox_digests(self):
        """The digests of the recipient's mailbox by each key; None if there is no recipient any more, or none that decrypts."""
        try:
            address = self.address
        except keys.CannotDecrypt:
            return None
        return mailbox_digests(address) if address else None

    @cached_property
    def words(self):
        """The `MailWords` of the message. `claim` sets them, so that they are read once for all its messages."""
        if self.mailing:
            return self.mailing.words(self.language)
        return MessageText.objects.words_in_use(self.kind, self.language)

    def compose(self):
        """The e-mail, or None if the message no longer applies, such as a reminder after the confirmation."""
        # As it is now, changed since the claim or not.
        if self.spec.link_purpose == Purpose.CONFIRM and self.about:
            self.about = type(self.about).objects.read_again(self.about)
        else:
            type(self).objects.read_about([self])
        row, address, spec = self.about, self.address, self.spec
        if address is None or spec.about and not (row and self._may_be_about(row)):
            return None
        if not spec.ignores_blocks and BlockedAddress.objects.holds(address):
            return None
        if spec.is_bulk and ReturnedMailbox.objects.holds(address):
            return None
        if self.mailing:
            return content.compose_news(self.words, links.news_url(row, self.mailing_id), self.language, address)
        kind, words, rows = self.kind, self.words, [row]
        if spec.per_address:
            rows = type(row).objects.at_address(address).with_person().filter(restricted_at=None)
            # Without a second button, none may confirm what a stranger signed.
            rows = list(rows if spec.second_purpose else rows.holding_place())
        elif spec.link_purpose == Purpose.CONFIRM and row.confirmed_namesake():
            kind = self.Kind.SIMILAR
            words = MessageText.objects.words_in_use(kind, self.language)
        return content.compose(kind, words, rows, self.language, address) if rows else None

    def _may_be_about(self, row):
        """Whether the message still applies to the row: it is not restricted, and a mailing goes on to those who follow it."""
        # An answer is restricted with its enquiry.
        restrictable = row.enquiry if self.spec.about == "answer" else row
        if restrictable.restricted_at is not None or not self.spec.applies(row):
            return False
        if self.mailing is None:
            return True
        mailing = type(self.mailing).objects.filter(pk=self.mailing_id).exclude(state="cancelled").first()
        return mailing is not None and mailing.followers().filter(pk=row.pk).exists()

    # Delivery: an attempt, its outcome, and when it is tried again

    def give_back(self):
        """Do not count it towards the limits of its mailer: it was not handed to the server."""
        if self.counted_in is not None:
            mailers.Mailer.give_back(self.mailer, self.counted_in)
            self.counted_in = None

    def attempt(self, server):
        """Try once to hand the message to `server`, a `pledges.mail.sending.Connection`; returns the error or None.

        The caller has claimed the message and calls `save_outcome` next. Delivery is at least once: a crash between the two
        leads to a second copy.
        """
        self.attempts += 1
        last_tried_at, self.tried_at = self.tried_at, timezone.now()
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
            self._schedule_retry(error, last_tried_at)
            return error
        except Exception as error:
            if sending.is_server_failure(error):
                self.give_back()
            self._schedule_retry(error, last_tried_at)
            return error
        self.state, self.sent_at, self.error = self.State.SENT, timezone.now(), ""
        return None

    def save_outcome(self):
        """Save the outcome of `attempt` and end the lease, in one statement. A row that was deleted meanwhile stays deleted."""
        row = type(self).objects.filter(pk=self.pk)
        # A row that stores an address goes with its message; a refused alarm stays, so that staff see it.
        is_over = self.state == self.State.SENT or self.state != self.State.QUEUED and self.kind != self.Kind.ALARM
        if self.no_longer_applies or self.address_cipher is not None and is_over:
            row.delete()
        else:
            columns = ["state", "sent_at", "error", "attempts", "tried_at", "due_at"]
            if self.state != self.State.QUEUED:
                self.network_digest = None
                columns.append("network_digest")
            row.update(leased_until=None, **{column: getattr(self, column) for column in columns})
        self._log()

    def _log(self):
        outcome = "dropped" if self.no_longer_applies else self.state
        metrics.MESSAGES.labels(self.mailer, self.kind, outcome).inc()
        fields = {"mail": str(self.pk), "kind": self.kind, "outcome": outcome, "attempt": self.attempts}
        level = logging.WARNING if self.error else logging.INFO
        logger.log(level, "mail", extra={"fields": fields | ({"error": self.error} if self.error else {})})

    def _schedule_retry(self, error, last_tried_at):
        self.error = sending.error_kind(error)
        now = timezone.now()
        delay = RETRY_DELAYS[self.attempts - 1] if self.attempts <= len(RETRY_DELAYS) else LATER_RETRY_DELAY
        # After days without a worker a message may be too old but hardly tried.
        is_too_old = now + delay > self.queued_at + GIVE_UP_AFTER and self.attempts > len(RETRY_DELAYS)
        is_refused = sending.is_final_refusal(error)
        if (is_refused or is_too_old) and self._others_are_accepted_since(last_tried_at):
            self.state = self.State.REFUSED if is_refused else self.State.FAILING
        elif is_too_old and self.address_cipher is not None:
            # Nothing else erases this address.
            self.state = self.State.FAILING
        else:
            self.due_at = now + delay

    def _others_are_accepted_since(self, last_tried_at):
        """Whether the server has taken another message since this one was last tried: else it may refuse all, or be away."""
        others = type(self).objects.of_mailer(self.mailer).filter(sent_at__isnull=False)
        return last_tried_at is not None and others.filter(tried_at__gt=last_tried_at).exists()
