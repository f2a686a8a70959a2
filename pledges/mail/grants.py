"""The limits of messages per mailbox."""

from datetime import timedelta

from django.apps import apps
from django.db import connection, models
from django.db.models import Q

from pledges.crypto import keys
from pledges.mail.mailboxes import ReturnedMailbox

# The longest period that a limit looks back.
GRANT_LIFE = timedelta(days=1)
A_DAY, LINK_PERIOD = 5, timedelta(minutes=1)
# Of messages that were caused from an opened link, which prove that the mailbox works. They are counted apart.
A_DAY_BY_LINK = 10
# Of those five caused by one network: a stranger must not use them all up.
A_DAY_BY_NETWORK = 2
# Another sender decides about the same mailbox at this moment.
BUSY_DELAY = timedelta(seconds=1)

# The locks make the counts exact. They are tried only: waiting could deadlock two senders.
LOCK_SQL = """
SELECT digest, pg_try_advisory_xact_lock(hashtextextended('mailbox' || encode(digest, 'hex'), 0)), statement_timestamp()
FROM unnest(%s::bytea[]) digest
"""
POSTPONE_SQL = """
UPDATE pledges_message SET due_at = postponed.until, queued_at = postponed.until
FROM unnest(%s::uuid[], %s::timestamptz[]) AS postponed (id, until) WHERE pledges_message.id = postponed.id
"""


class MessageGrantQuerySet(models.QuerySet):
    def grant(self, messages):
        """Those of these locked messages that may be sent now. The others become due later, and are not given up sooner for it.

        A message whose recipient is unknown needs no grant: its attempt removes it or records the error. One that is tried again
        keeps its grant, from now on.
        """
        asked = [
            (message, digests)
            for message in messages
            if message.spec.is_limited and (digests := message.mailbox_digests())
        ]
        if not asked:
            return messages
        now, is_free = _lock({digests[0] for _message, digests in asked})
        mailboxes = Q(mailbox_digest__in=[digest for _message, digests in asked for digest in digests])
        found = list(self.filter(mailboxes, granted_at__gt=now - GRANT_LIFE))
        returned = list(ReturnedMailbox.objects.filter(mailboxes, returned_at__gt=now - GRANT_LIFE))
        granted, postponed = [], {}
        for message, digests in asked:
            by_link = message.spec.is_link_caused
            made = MessageGrant(
                id=message.pk,
                mailbox_digest=digests[0],
                network_digest=message.network_digest,
                is_link_caused=by_link,
                granted_at=now,
            )
            others = [each for each in found if each.pk != message.pk]
            waits = made.waits(
                [each for each in others if each.is_link_caused == by_link and bytes(each.mailbox_digest) in digests],
                [each for each in returned if bytes(each.mailbox_digest) in digests],
            )
            if not is_free[digests[0]]:
                waits = [now + BUSY_DELAY]
            if again_at := max(filter(None, waits), default=None):
                postponed[message.pk] = again_at
            else:
                granted.append(made)
                found = [*others, made]
        self.bulk_create(
            granted, update_conflicts=True, unique_fields=["id"], update_fields=["mailbox_digest", "granted_at"]
        )
        if postponed:
            with connection.cursor() as cursor:
                cursor.execute(POSTPONE_SQL, [list(postponed), list(postponed.values())])
        return [message for message in messages if message.pk not in postponed]

    def forget_networks(self, ids):
        """Count the messages about these rows for no network any more: their owner was at it, and may be again."""
        messages = apps.get_model("pledges.Message").objects.filter(about_id__in=ids)
        self.filter(pk__in=messages.values("pk")).update(network_digest=None)


def _lock(digests):
    """Try to lock these mailboxes until the end of the transaction; returns the time and {digest: whether it is locked}."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_SQL, [sorted(digests)])
        rows = cursor.fetchall()
    return rows[0][2], {bytes(digest): is_locked for digest, is_locked, _now in rows}


def _free_again(grants, most, period):
    """When the last `most` of these grants are not all within one period any more, or None: they are fewer."""
    times = sorted((grant.granted_at for grant in grants), reverse=True)
    return times[most - 1] + period if len(times) >= most else None


class MessageGrant(models.Model):
    """One message that its mailbox may get, for a day.

    The row refers to no person and outlives the message, because erasing a pledge must not reset the limit.
    """

    # The id of the message.
    id = models.UUIDField(primary_key=True, editable=False)
    mailbox_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, editable=False)
    # That of the message.
    network_digest = models.BinaryField(null=True, editable=False)
    is_link_caused = models.BooleanField(editable=False)
    granted_at = models.DateTimeField(editable=False)

    objects = MessageGrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="message_grant_digest_lengths",
                condition=Q(mailbox_digest__length=keys.DIGEST_BYTES),
            ),
        ]
        indexes = [
            models.Index(fields=["mailbox_digest", "granted_at"], name="message_grant_mailbox"),
        ]

    def __str__(self):
        return str(self.pk)[:8]

    def waits(self, others, returned):
        """When each limit allows this one, None: now. `others` are grants of the mailbox within a day, of those counted with it.

        `returned` are the rows of ReturnedMailbox of the mailbox within a day.
        """
        if self.is_link_caused:
            yield _free_again(others, A_DAY_BY_LINK, GRANT_LIFE)
            yield _free_again(
                [each for each in others if each.granted_at > self.granted_at - LINK_PERIOD], 1, LINK_PERIOD
            )
            return
        yield _free_again(others, A_DAY, GRANT_LIFE)
        if self.network_digest:
            same = [each for each in others if each.network_digest == self.network_digest]
            yield _free_again(same, A_DAY_BY_NETWORK, GRANT_LIFE)
        # The fault may have been a passing one: after a day one more is tried.
        yield from (each.returned_at + GRANT_LIFE for each in returned)
