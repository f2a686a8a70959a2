"""The queue of e-mail messages: what is due, claiming by lease, and whether sending works."""

import itertools
from datetime import timedelta

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from pledges.mail import errors, mailers
from pledges.mail.errors import CONSECUTIVE_FAILURES
from pledges.mail.grants import MessageGrant
from pledges.mail.kinds import MessageKind, Priority
from pledges.mail.texts import MessageText

# Limit of `mail_is_failing`.
OUTAGE_AFTER = timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(days=3)
# Pages say that an email takes longer than usual once one has been due for so long.
SLOW_AFTER = timedelta(minutes=10)


class MessageQuerySet(models.QuerySet):
    """Queries on messages."""

    def queued(self):
        """Messages that are neither sent nor given up."""
        return self.filter(state=self.model.State.QUEUED)

    def about(self, rows):
        """Messages about these rows."""
        return self.filter(about_id__in=[row.pk for row in rows])

    def waiting_or_new(self, kind):
        """Messages of this kind that still wait unclaimed, or are less than a minute old."""
        is_waiting = Q(state=self.model.State.QUEUED, leased_until=None)
        return self.filter(is_waiting | Q(created_at__gt=Now() - timedelta(minutes=1)), kind=kind)

    def of_mailer(self, mailer):
        """Messages that this mailer sends."""
        return self.filter(priority__in=mailers.priorities_of(mailer))

    def due(self):
        """Queued messages whose `due_at` has come."""
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
        own_errors = [message for message in failed if not message.error.startswith(errors.RECIPIENT_ERRORS)]
        return any(timezone.now() - message.queued_at > OUTAGE_AFTER for message in own_errors)

    def _failed_since_the_last_sent(self, mailer):
        """The messages tried since the last one that was sent, newest first, at most CONSECUTIVE_FAILURES."""
        tried = self.filter(tried_at__isnull=False).order_by("-tried_at")
        # Each part reads the last entries of an index.
        parts = [tried.filter(priority=each)[:CONSECUTIVE_FAILURES] for each in mailers.priorities_of(mailer)]
        newest = parts[0].union(*parts[1:], all=True).order_by("-tried_at") if parts[1:] else parts[0]
        return list(itertools.takewhile(lambda message: message.sent_at is None, newest[:CONSECUTIVE_FAILURES]))

    def last_sent_at(self):
        """When the last message was sent, or None."""
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
