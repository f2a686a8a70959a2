"""The limits of messages per mailbox."""

from datetime import timedelta

from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Now

from pledges.mail.returned_mailboxes import ReturnedMailbox

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
    def expired(self):
        """Grants that no limit counts any more, and those of a clock that was set back since. Housekeeping erases them."""
        return self.filter(Q(granted_at__lte=Now() - GRANT_LIFE) | Q(granted_at__gt=Now() + timedelta(minutes=1)))

    def grant(self, messages, rules):
        """Those of these locked messages that may be sent now. The others become due later, and are not given up sooner for it.

        A message whose recipient is unknown needs no grant: its attempt removes it or records the error. One that is tried again
        keeps its grant, from now on.
        """
        asked = [
            (message, digests)
            for message in messages
            if message.spec.is_limited and (digests := message.mailbox_digests(rules))
        ]
        if not asked:
            return messages
        # Of two processes in the middle of a rotation both know the last key.
        now, is_free = self._lock(sorted({digests["mailbox_digest_last"] for _message, digests in asked}))
        before, granted, postponed = self._before(asked, now), [], {}
        for message, digests in asked:
            mailbox = before[digests["mailbox_digest_last"]]
            again_at = mailbox.again_at(message, now) if is_free[digests["mailbox_digest_last"]] else now + BUSY_DELAY
            if again_at:
                postponed[message.pk] = again_at
                continue
            grant = MessageGrant(
                id=message.pk,
                network_digest=message.network_digest,
                is_link_caused=message.spec.is_link_caused,
                granted_at=now,
                **digests,
            )
            mailbox.grants[grant.pk] = grant
            granted.append(grant)
        columns = ["mailbox_digest", "mailbox_digest_last", "granted_at"]
        self.bulk_create(granted, update_conflicts=True, unique_fields=["id"], update_fields=columns)
        if postponed:
            with connection.cursor() as cursor:
                cursor.execute(POSTPONE_SQL, [list(postponed), list(postponed.values())])
        return [message for message in messages if message.pk not in postponed]

    @staticmethod
    def _lock(digests):
        """Try to lock these mailboxes until the end of the transaction; returns the time and {digest: whether it is locked}."""
        with connection.cursor() as cursor:
            cursor.execute(LOCK_SQL, [digests])
            rows = cursor.fetchall()
        return rows[0][2], {bytes(digest): is_locked for digest, is_locked, _now in rows}

    def _before(self, asked, now):
        """{last digest: _Mailbox} of the mailboxes of these messages, as the locks found them."""
        wanted = Q()
        for column in ("mailbox_digest", "mailbox_digest_last"):
            wanted |= Q(**{f"{column}__in": [digests[column] for _message, digests in asked]})
        found = list(self.filter(wanted, granted_at__gt=now - GRANT_LIFE))
        returned = list(ReturnedMailbox.objects.filter(wanted, returned_at__gt=now - GRANT_LIFE))

        def of(rows, digests):
            return [row for row in rows if any(bytes(getattr(row, name)) == digests[name] for name in digests)]

        return {
            digests["mailbox_digest_last"]: _Mailbox(of(found, digests), of(returned, digests))
            for _message, digests in asked
        }


class _Mailbox:
    """What one mailbox got within the last day, and what came back."""

    def __init__(self, grants, returned):
        self.grants = {grant.pk: grant for grant in grants}
        self._returned = returned

    def again_at(self, message, now):
        """When this message may be sent, or None: now."""
        by_link = message.spec.is_link_caused
        others = (grant for grant in self.grants.values() if grant.pk != message.pk)
        grants = [grant for grant in others if grant.is_link_caused == by_link]
        waits = [_free_again(grants, A_DAY_BY_LINK if by_link else A_DAY, GRANT_LIFE)]
        if by_link:
            waits.append(
                _free_again([grant for grant in grants if grant.granted_at > now - LINK_PERIOD], 1, LINK_PERIOD)
            )
        else:
            if message.network_digest:
                same = [grant for grant in grants if grant.network_digest == message.network_digest]
                waits.append(_free_again(same, A_DAY_BY_NETWORK, GRANT_LIFE))
            # The fault may have been a passing one: after a day one more is tried.
            waits += [row.returned_at + GRANT_LIFE for row in self._returned]
        return max(filter(None, waits), default=None)


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
    mailbox_digest = models.BinaryField(max_length=32, editable=False)
    mailbox_digest_last = models.BinaryField(max_length=32, editable=False)
    # That of the message.
    network_digest = models.BinaryField(null=True, editable=False)
    is_link_caused = models.BooleanField(editable=False)
    granted_at = models.DateTimeField(editable=False)

    objects = MessageGrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="message_grant_digest_lengths",
                condition=Q(mailbox_digest__length=32, mailbox_digest_last__length=32),
            ),
        ]
        indexes = [
            models.Index(fields=["mailbox_digest", "granted_at"], name="message_grant_mailbox"),
            models.Index(fields=["mailbox_digest_last", "granted_at"], name="message_grant_mailbox_last"),
        ]

    def __str__(self):
        return str(self.pk)[:8]
