"""The queue of e-mail messages: what is due, claiming by lease, and whether sending works."""

import itertools
from datetime import timedelta

from django.db import connection, models, transaction
from django.db.models import Max, Q
from django.db.models.functions import Now
from django.utils import timezone

from pledges.limits.models import MessageGrant
from pledges.mail import errors, mailers
from pledges.mail.texts import BULK_KINDS, MessageKind, MessageText
from pledges.providers.models import ProviderRule

# Limits of `mail_is_failing`.
CONSECUTIVE_FAILURES = 20
OUTAGE_AFTER = timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(days=3)
# For messages that were refused while all are.
KEPT_RETRY_DELAY = timedelta(minutes=1)


# Up to this number queued messages are counted: a mail to all supporters queues a million.
MOST_COUNTED = 10_000
# Each part reads its own index.
STANDING_SQL = """
SELECT (SELECT count(*) FROM (SELECT FROM pledges_message WHERE state = 'queued' LIMIT %s) queued),
       (SELECT max(tried_at) FROM pledges_message WHERE sent_at IS NOT NULL)
"""


class MessageQuerySet(models.QuerySet):
    """Queries on messages."""

    def queued(self):
        """Messages that are neither sent nor given up."""
        return self.filter(state=self.model.State.QUEUED)

    def about(self, rows):
        """Messages about these rows of one model."""
        return (
            self.filter(**{f"{self.model.field_about(rows[0])}__in": [row.pk for row in rows]}) if rows else self.none()
        )

    def waiting_or_new(self, kind):
        """Messages of this kind that still wait unclaimed, or are less than a minute old."""
        is_waiting = Q(state=self.model.State.QUEUED, leased_until=None)
        return self.filter(is_waiting | Q(created_at__gt=Now() - timedelta(minutes=1)), kind=kind)

    def of_mailer(self, mailer):
        """Messages that this mailer sends."""
        return self.filter(mailers.kinds_of(mailer))

    def due(self):
        """Queued messages whose `due_at` has come."""
        return self.queued().filter(due_at__lte=Now())

    def failing(self):
        """Messages that were given up. They need the attention of staff."""
        return self.filter(state__in=[self.model.State.FAILING, self.model.State.REFUSED])

    def waiting_and_last_sent(self):
        """(queued messages, at most MOST_COUNTED + 1; when the last one was sent, or None), in one query."""
        with connection.cursor() as cursor:
            cursor.execute(STANDING_SQL, [MOST_COUNTED + 1])
            return cursor.fetchone()

    def mail_is_failing(self):
        """Whether sending does not work, judged by the messages tried since the last one that was sent.

        An error of our own mail server (unreachable, or it refuses our credentials or sender) counts after OUTAGE_AFTER. Errors
        of recipients' servers count only after CONSECUTIVE_FAILURES, because a few full or invented mailboxes are normal.
        """
        failed = self._failed_since_the_last_sent()
        if len(failed) == CONSECUTIVE_FAILURES:
            return True
        own_errors = [message for message in failed if not message.error.startswith(errors.RECIPIENT_ERRORS)]
        return any(timezone.now() - message.queued_at > OUTAGE_AFTER for message in own_errors)

    def _failed_since_the_last_sent(self):
        """The messages tried since the last one that was sent, newest first, at most CONSECUTIVE_FAILURES."""
        newest = self.filter(tried_at__isnull=False).order_by("-tried_at")[:CONSECUTIVE_FAILURES]
        return list(itertools.takewhile(lambda message: message.sent_at is None, newest))

    def keep_if_all_fail(self):
        """Queue what was given up since the last message that was sent, if the last CONSECUTIVE_FAILURES of these all failed.

        Then the fault is ours, not that of so many mailboxes: a blocked sender, a relay that refuses us. Returns the number of
        messages queued. They are due after KEPT_RETRY_DELAY; the sender tries one at a time until one is accepted.
        """
        if len(self._failed_since_the_last_sent()) < CONSECUTIVE_FAILURES:
            return 0
        last_sent = self.filter(sent_at__isnull=False).aggregate(at=Max("tried_at"))["at"]
        is_over = Q(address_cipher__isnull=False, queued_at__lte=Now() - GIVE_UP_AFTER)
        kept = self.failing().filter(tried_at__isnull=False).exclude(is_over)
        if last_sent is not None:
            kept = kept.filter(tried_at__gt=last_sent)
        return kept.update(state=self.model.State.QUEUED, due_at=Now() + KEPT_RETRY_DELAY)

    def erase_refused_addresses(self):
        """Delete refused messages that store an address, once a later one was sent: the refusal concerned that mailbox.

        Without one they are deleted when retries would have ended.
        """
        refused = self.failing().filter(address_cipher__isnull=False)
        last_sent = self.filter(sent_at__isnull=False).aggregate(at=Max("tried_at"))["at"]
        is_judged = Q(queued_at__lte=Now() - GIVE_UP_AFTER)
        if last_sent is not None:
            is_judged |= Q(tried_at__lt=last_sent)
        refused.filter(is_judged).delete()

    def send_again(self):
        """Queue those that were given up once more; returns the messages that this call changed."""
        with transaction.atomic():
            messages = list(self.failing().select_for_update(of=("self",)))
            self.model.objects.filter(pk__in=[message.pk for message in messages]).update(
                state=self.model.State.QUEUED, queued_at=Now(), due_at=Now(), attempts=0, error=""
            )
        return messages

    def claim(self, limit, lease, mailer=mailers.DEFAULT):
        """Claim due messages of a mailer for `lease` (a timedelta): confirmations first, bulk last, each by the time due.

        Returns `limit` messages at most, with their pledges, words and provider rules. No other call returns them until the
        lease ends. The caller attempts each or releases it, and renews the lease of those that take longer. Messages above
        the limit of their mailbox become due later; those above the limits of the mailer stay due.
        """
        rules, messages = ProviderRule.objects.by_domain(), []
        with transaction.atomic():
            room = mailers.Mailer.room(mailer, limit)
            while wanted := room.all - len(messages):
                bulk = room.bulk - sum(message.kind in BULK_KINDS for message in messages)
                free = self._lock_free(wanted, bulk, mailer)
                granted = MessageGrant.objects.grant(free, rules)
                self.renew([message.pk for message in granted], lease)
                messages += granted
                if len(free) < wanted:
                    break
            counted_at = mailers.Mailer.use(mailer, len(messages))
        self._set_words(messages)
        for message in messages:
            message.rules = rules
            message.counted_at = counted_at
        return messages

    @staticmethod
    def _set_words(messages):
        """Give each message its words, which are read once for all of them."""
        kinds = {(message.kind, message.language) for message in messages if message.mailing is None}
        by_kind, by_mailing = MessageText.objects.words_by_kind(kinds), {}
        for message in messages:
            if message.mailing is None:
                message.words = by_kind[message.kind, message.language]
            else:
                key = message.mailing_id, message.language
                if key not in by_mailing:
                    by_mailing[key] = message.mailing.words(message.language)
                message.words = by_mailing[key]

    def _lock_free(self, limit, bulk_limit, mailer):
        """Lock and return due messages of a mailer that no other sender has claimed: those of FIRST_KINDS first, bulk last.

        Those of a kind that only a newer release knows wait for it: after a rollback they must not stop the others.
        """
        known = self.due().filter(kind__in=MessageKind.values).exclude(mailing__state="paused")
        free = known.filter(Q(leased_until=None) | Q(leased_until__lte=Now())).order_by("due_at")
        free = free.select_related(
            "pledge", "group", "joining", "answer__enquiry", "request", "voice", "mailing__sector", "mailing__county"
        ).select_for_update(skip_locked=True, of=("self",))
        messages = []
        for kinds in mailers.priorities_of(mailer):
            most = limit - len(messages)
            if kinds == mailers.IS_BULK:
                most = min(most, bulk_limit)
            if most > 0:
                messages += free.filter(kinds)[:most]
        return messages

    def renew(self, ids, lease):
        """Let the leases of claimed messages end a timedelta from now."""
        self.queued().filter(pk__in=ids).update(leased_until=Now() + lease)

    def release(self, ids):
        """End the leases of claimed messages that were not attempted."""
        self.queued().filter(pk__in=ids).update(leased_until=None)
