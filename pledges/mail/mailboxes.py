"""Mailboxes to which we write nothing, or not more: blocked by their owner, with mail that came back, at the limit of messages.

Each is known by keyed digests of the mailbox without tag and dots.
"""

import uuid
from datetime import timedelta

from django.apps import apps
from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.crypto import keys
from pledges.person import Sealed, Sealing

# How long a mailbox from which a message came back gets no bulk mail. Other messages wait for a day: see `MessageGrant`.
BULK_PAUSE = timedelta(days=90)
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


def mailbox_digests(address):
    """The digests by each key, newest first, of the mailbox of an address without tag and dots; for limits and blocks only."""
    return keys.digests("mailbox", addresses.limiting_address(address))


class BlockedAddressQuerySet(models.QuerySet):
    def add(self, address):
        """Block the mailbox of this address; does nothing if it is blocked already."""
        if self.holds(address):
            # Maybe with a digest of another key.
            return
        blocked = BlockedAddress(mailbox_digest=mailbox_digests(address)[0])
        blocked.address = address
        self.bulk_create([blocked], ignore_conflicts=True)

    def holds(self, address):
        """Whether the mailbox of this address is blocked, at its owner's request."""
        return bool(self.among([address]))

    def among(self, found):
        """Those of these addresses whose mailboxes are blocked, in one statement."""
        digests = {each: set(mailbox_digests(each)) for each in found}
        blocked = self.filter(mailbox_digest__in=set().union(*digests.values())).values_list(
            "mailbox_digest", flat=True
        )
        blocked = set(map(bytes, blocked))
        return {address for address, own in digests.items() if own & blocked}


class BlockedAddress(Sealing):
    """A mailbox that must not get mail any more, at its owner's request, as digests; one of its addresses as ciphertext."""

    TABLE = "blocked"
    address = Sealed()

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, unique=True, editable=False)
    address_cipher = models.BinaryField(editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = BlockedAddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("blocked address")
        verbose_name_plural = _("blocked addresses")

    def digests(self):
        """{column: digest} by the first key. Raises CannotDecrypt."""
        return {"mailbox_digest": mailbox_digests(self.address)[0]}


class ReturnedMailboxQuerySet(models.QuerySet):
    def add(self, address):
        """Note that a message to this address came back now."""
        row = ReturnedMailbox(mailbox_digest=mailbox_digests(address)[0], returned_at=Now())
        self.bulk_create([row], update_conflicts=True, unique_fields=["mailbox_digest"], update_fields=["returned_at"])

    def holds(self, address):
        """Whether a message to the mailbox of this address came back within BULK_PAUSE."""
        recent = self.filter(returned_at__gt=Now() - BULK_PAUSE)
        return recent.filter(mailbox_digest__in=mailbox_digests(address)).exists()


class ReturnedMailbox(models.Model):
    """A mailbox from which a message came back, as keyed digests. It holds no address and refers to no pledge."""

    mailbox_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, unique=True, editable=False)
    returned_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ReturnedMailboxQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="returned_mailbox_digest_lengths",
                condition=Q(mailbox_digest__length=keys.DIGEST_BYTES),
            ),
        ]
        indexes = [models.Index(fields=["returned_at"], name="returned_mailbox_at")]


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
        for again_at in set(postponed.values()):
            ids = [pk for pk, until in postponed.items() if until == again_at]
            type(messages[0]).objects.filter(pk__in=ids).update(due_at=again_at, queued_at=again_at)
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
