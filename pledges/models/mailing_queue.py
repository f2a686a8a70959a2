"""Queueing the messages of mailings.

They are rows of Message. At most WINDOW of a mailing wait in the queue, so a mailing to a million people takes no room there, and
it is paused or cancelled at once. A unique constraint of Message gives each pledge at most one, so queueing is idempotent.
"""

import logging
import uuid
from datetime import timedelta

from django.db import connection, models, transaction
from django.db.models.functions import Now

from pledges.models.messages import Message

logger = logging.getLogger(__name__)

# Messages of one mailing that wait in the queue.
WINDOW = 300
# What `reached` is once all recipients are queued: the highest id.
LAST = uuid.UUID(int=2**128 - 1)
STUCK_AFTER = timedelta(minutes=15)
QUEUE_SQL = """
WITH next AS ({next}), queued AS (
    INSERT INTO pledges_message (id, kind, pledge_id, mailing_id, language, state, attempts, error)
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

    def written(self):
        """Those that are not released yet: their words can still be changed."""
        return self.filter(state__in=[self.model.State.DRAFT, self.model.State.READY])

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
        """Those that have been sent for STUCK_AFTER, are not over, and have no message in the queue: no worker fills it."""
        sending = self.filter(state=self.model.State.SENDING, released_at__lt=Now() - STUCK_AFTER)
        queued = Message.objects.queued().filter(mailing=models.OuterRef("pk"))
        return sending.exclude(models.Exists(queued))

    def cancel_unfinished(self):
        """Cancel all that are being sent or paused, after a restore: those who got one since would get it again."""
        for mailing in self.unfinished():
            mailing.cancel()

    @transaction.atomic
    def _queue_next(self, pk):
        """Queue the next messages of one mailing, unless another worker does it; returns how many. Done once all were tried."""
        rows = self.model.objects.filter(pk=pk, state=self.model.State.SENDING)
        # No key lock: the messages refer to the row.
        mailing = rows.select_for_update(skip_locked=True, no_key=True).first()
        if mailing is None:
            return 0
        queued = mailing.messages.queued()
        room = WINDOW - queued.count()
        if room <= 0:
            return 0
        if mailing.reached == LAST:
            if not queued.filter(attempts=0).exists():
                rows.update(state=self.model.State.DONE, ended_at=Now())
            return 0
        sql, parameters = not_queued(mailing).order_by("pk").values("id", "language")[:room].query.sql_with_params()
        # Locked, so that none is withdrawn before its message refers to it.
        sql = f"{sql} FOR KEY SHARE OF pledges_pledge"
        with connection.cursor() as cursor:
            cursor.execute(QUEUE_SQL.format(next=sql), [*parameters, pk])
            number, reached = cursor.fetchone()
        # Looked for only once: behind the last one there may be millions who follow something else.
        rows.update(reached=LAST if number < room else reached)
        return number
