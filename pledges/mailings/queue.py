"""Queueing the messages of mailings.

They are rows of Message. At most WINDOW messages of a mailing wait for their first attempt, so pausing or cancelling a mailing to
a million people changes few rows. A unique constraint allows one message for each mailing and pledge, so queueing is idempotent.
"""

import logging
import uuid
from datetime import timedelta

from django.db import connection, models, transaction
from django.db.models import Count, Q
from django.db.models.functions import Now

from pledges.mail.models import Message

logger = logging.getLogger(__name__)

# Messages of one mailing that wait for their first attempt, and for a further one. Mailboxes that are full or refuse for a while
# must not keep the others from their message. With more than RETRIES it is not the mailboxes: the next ones wait too.
WINDOW, RETRIES = 300, 30_000
# What `reached` is once all recipients are queued: the highest id.
LAST = uuid.UUID(int=2**128 - 1)
STUCK_AFTER = timedelta(minutes=15)
QUEUE_SQL = """
WITH next AS ({next}), queued AS (
    INSERT INTO pledges_message (id, kind, about_id, mailing_id, language, state, attempts, error)
    SELECT gen_random_uuid(), 'news', id, %s, language, 'queued', 0, '' FROM next ON CONFLICT DO NOTHING
)
SELECT count(*), (array_agg(id ORDER BY id DESC))[1] FROM next
"""


def not_queued(mailing):
    """The recipients of a mailing that it has not reached yet."""
    recipients = mailing.recipients()
    return recipients.filter(pk__gt=mailing.reached) if mailing.reached else recipients


class MailingQuerySet(models.QuerySet):
    """Queries on mailings, and queueing their messages."""

    def for_staff(self, writer):
        """Those that wait for a member of staff: for a second person, for the end of a pause, sent back to this `writer`."""
        state = self.model.State
        returned = models.Q(state=state.DRAFT, writers__contains=[writer.pk]) & ~models.Q(note="")
        return self.filter(returned | models.Q(state__in=[state.READY, state.PAUSED]))

    def unfinished(self):
        """Those that are released and not over."""
        return self.filter(state__in=[self.model.State.SENDING, self.model.State.PAUSED])

    def archived(self):
        """Those that the public can read, the newest first."""
        return self.filter(is_archived=True, released_at__isnull=False).order_by("-released_at", "-pk")

    def fill_queue(self):
        """Queue the next messages of each mailing that is being sent; returns how many. Several workers may call it.

        One that fails does not stop the others; its error is raised at the end.
        """
        queued, failed = 0, None
        sending = self.filter(state=self.model.State.SENDING).order_by("released_at", "pk")
        for pk in sending.values_list("pk", flat=True):
            try:
                queued += self._queue_next(pk)
            except Exception as error:
                logger.error("mailing %s: %s", pk, type(error).__name__)
                failed = error
        if failed:
            raise failed
        return queued

    def stuck(self):
        """Mailings that were released more than STUCK_AFTER ago, are still being sent, and have no queued message."""
        sending = self.filter(state=self.model.State.SENDING, released_at__lt=Now() - STUCK_AFTER)
        queued = Message.objects.queued().filter(mailing=models.OuterRef("pk"))
        return sending.exclude(models.Exists(queued))

    def cancel_unfinished(self):
        """Cancel the unfinished mailings after a restore: people who got one after the backup would get it again."""
        for mailing in self.unfinished():
            mailing.cancel()

    @transaction.atomic
    def _queue_next(self, pk):
        """Queue the next messages of one mailing, unless another worker does; returns how many.

        Ends the mailing once no message waits any more. Until then it can be paused and cancelled.
        """
        rows = self.model.objects.filter(pk=pk, state=self.model.State.SENDING)
        # No key lock: the messages refer to the row.
        mailing = rows.select_for_update(skip_locked=True, no_key=True).first()
        if mailing is None:
            return 0
        queued = mailing.messages.queued()
        waiting = queued.aggregate(new=Count("pk", filter=Q(attempts=0)), all=Count("pk"))
        if mailing.reached == LAST:
            if not waiting["all"]:
                rows.update(state=self.model.State.DONE, ended_at=Now())
            return 0
        room = WINDOW - waiting["new"]
        if room <= 0 or waiting["all"] - waiting["new"] >= RETRIES:
            return 0
        sql, parameters = not_queued(mailing).order_by("pk").values("id", "language")[:room].query.sql_with_params()
        # The pledges are locked, so that none is deleted before its message refers to it.
        sql = f"{sql} FOR KEY SHARE OF pledges_pledge"
        with connection.cursor() as cursor:
            cursor.execute(QUEUE_SQL.format(next=sql), [*parameters, pk])
            number, reached = cursor.fetchone()
        # With LAST no later call searches again: the search would read all pledges after the last recipient.
        rows.update(reached=LAST if number < room else reached)
        return number
