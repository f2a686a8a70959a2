"""The limit of messages per mailbox."""

from datetime import timedelta

from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Now

# The longest period that `grant_message` of sql/grants.sql looks back.
GRANT_LIFE = timedelta(days=1)


class MessageGrantQuerySet(models.QuerySet):
    """Queries on grants."""

    def expired(self):
        """Grants that no limit counts any more, and those of a clock that was set back since. Housekeeping erases them."""
        return self.filter(Q(granted_at__lte=Now() - GRANT_LIFE) | Q(granted_at__gt=Now() + timedelta(minutes=1)))

    def grant(self, messages, rules):
        """Those of these locked messages that may be sent now, in one statement; the others become due later.

        A message whose recipient is unknown needs no grant: its attempt removes it or records the error.
        """
        asked = []
        for message in messages:
            if message.spec.is_limited and (digests := message.mailbox_digests(rules)):
                asked.append((message.pk, *digests.values(), message.spec.is_link_caused))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, grant_message(id, digest, digest_last, is_link_caused) "
                "FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[], %s::boolean[]) "
                "AS asked (id, digest, digest_last, is_link_caused)",
                [[row[place] for row in asked] for place in range(4)],
            )
            refused = {pk for pk, is_granted in cursor.fetchall() if not is_granted}
        return [message for message in messages if message.pk not in refused]


class MessageGrant(models.Model):
    """One message that its mailbox may get, for a day; the SQL function `grant_message` counts them.

    The row refers to no person and outlives the message, because erasing a pledge must not reset the limit.
    """

    # The id of the message.
    id = models.UUIDField(primary_key=True, editable=False)
    mailbox_digest = models.BinaryField(max_length=32, editable=False)
    mailbox_digest_last = models.BinaryField(max_length=32, editable=False)
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
