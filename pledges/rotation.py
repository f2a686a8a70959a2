"""Key rotation: re-encrypts rows and recomputes digests in batches, while the site runs."""

from django.db import IntegrityError, transaction
from django.tasks import task

from pledges.crypto import keys
from pledges.models.addresses import BlockedAddress, ProviderRule, mailbox_digests
from pledges.models.grants import MessageGrant
from pledges.models.messages import Message
from pledges.models.person import DIGEST_FIELDS
from pledges.models.pledges import Pledge
from pledges.models.querysets import digest_mark
from pledges.models.referrals import ReferralLink, code_digests
from pledges.submissions import settle_all

# Rows that one transaction changes.
BATCH_ROWS = 200


def redigest(on_progress=lambda done: None):
    """Recompute stale digests; returns (number of changed pledges, ids of pledges that collide with another one).

    Idempotent, and resumable after an interruption, because `digest_mark` tells which rows are stale. A pledge collides if its
    address now normalises to a mailbox without a free slot, or with a pledge by the same name. It keeps its old digests, and
    staff must resolve it. `on_progress` is called after each batch with the number of rows processed so far. Submissions are
    settled first, because only pledges are recomputed.
    """
    settle_all()
    done, collided = 0, []
    while True:
        # Read for each batch, because staff may change the rules between batches.
        rules = ProviderRule.objects.by_domain()
        with transaction.atomic():
            rows = list(
                Pledge.objects.with_stale_digests()
                .exclude(pk__in=collided)
                .order_by("pk")
                .select_for_update(of=("self",))[:BATCH_ROWS]
            )
            for pledge in rows:
                if not _redigest_one(pledge, rules):
                    collided.append(pledge.pk)
        if not rows:
            break
        done += len(rows)
        on_progress(done)
    _redigest_blocked(rules)
    _redigest_referral_links()
    _redigest_grants(rules)
    return done - len(collided), collided


def _redigest_one(pledge, rules):
    """Save new digests, in the other slot if the present one is taken; returns whether the constraints allowed it."""
    pledge.set_digests(pledge.name, pledge.address, rules)
    other = 3 - pledge.slot
    for slot in (pledge.slot, other):
        pledge.slot = slot
        try:
            with transaction.atomic():
                pledge.save(update_fields=[*DIGEST_FIELDS, "slot"])
        except IntegrityError:
            continue
        return True
    return False


def _redigest_blocked(rules):
    for blocked in BlockedAddress.objects.iterator(chunk_size=BATCH_ROWS):
        try:
            with transaction.atomic():
                BlockedAddress.objects.filter(pk=blocked.pk).update(**mailbox_digests(blocked.address, rules))
        except IntegrityError:
            # Two blocked addresses normalise to one mailbox now. One row is enough.
            blocked.delete()


def _redigest_referral_links():
    # Row by row without a transaction around them, so that no confirmation that counts waits for more than one row.
    for link in ReferralLink.objects.iterator(chunk_size=BATCH_ROWS):
        # Not a link that its owner has replaced meanwhile.
        ReferralLink.objects.filter(pk=link.pk, code_cipher=link.code_cipher).update(**code_digests(link.code))


def _redigest_grants(rules):
    """Recompute the digests of the grants whose message still exists. The others end within a day."""
    for grants in _batches(MessageGrant.objects.order_by("pk")):
        messages = Message.objects.select_related("pledge").in_bulk([grant.pk for grant in grants])
        for grant in grants:
            if (message := messages.get(grant.pk)) and (digests := message.mailbox_digests(rules)):
                MessageGrant.objects.filter(pk=grant.pk).update(**digests)


def _batches(rows):
    """Yield lists of at most BATCH_ROWS rows, by keyset pagination; `rows` is ordered by pk."""
    batch = rows[:BATCH_ROWS]
    while batch := list(batch):
        yield batch
        batch = rows.filter(pk__gt=batch[-1].pk)[:BATCH_ROWS]


def reencrypt(on_progress=lambda done: None):
    """Re-encrypt with the newest key what an older key encrypted; returns the number of changed rows.

    Idempotent, and resumable after an interruption. `on_progress` is called after each batch with the number of pledges so far.
    Submissions are settled first, because only pledges are re-encrypted.
    """
    settle_all()
    done, stale = 0, Pledge.objects.with_stale_ciphers().order_by("pk")
    # Keyset pagination: each batch starts after the last row of the one before.
    remaining = stale
    while True:
        with transaction.atomic():
            rows = list(remaining.select_for_update(of=("self",))[:BATCH_ROWS])
            for pledge in rows:
                _reencrypt_one(pledge)
        if not rows:
            break
        remaining = stale.filter(pk__gt=rows[-1].pk)
        done += len(rows)
        on_progress(done)
    return done + _reencrypt_others()


def _reencrypt_one(pledge):
    texts = {column: getattr(pledge, column) for column in ("name", "address", "new_address", "inviter")}
    values = {
        f"{column}_cipher": keys.encrypt(text, associated_data=pledge.associated_data(column))
        for column, text in texts.items()
        if text is not None
    }
    Pledge.objects.filter(pk=pledge.pk).update(**values)


def _reencrypt_others():
    """Re-encrypt blocked addresses, those of messages, and referral codes; returns the number of changed rows."""
    current_key_id, done = bytes([keys.current_field_key_id()]), 0
    for rows in (BlockedAddress.objects.all(), Message.objects.filter(address_cipher__isnull=False)):
        for row in rows.iterator(chunk_size=BATCH_ROWS):
            if bytes(row.address_cipher[:1]) != current_key_id:
                cipher = keys.encrypt(row.address, associated_data=row.associated_data)
                done += rows.model.objects.filter(pk=row.pk).update(address_cipher=cipher)
    for link in ReferralLink.objects.iterator(chunk_size=BATCH_ROWS):
        if bytes(link.code_cipher[:1]) != current_key_id:
            cipher = keys.encrypt(link.code, associated_data=link.associated_data)
            done += ReferralLink.objects.filter(pk=link.pk, code_cipher=link.code_cipher).update(code_cipher=cipher)
    return done


@task
def redigest_task():
    """Recompute the digests after a change of provider rules; returns the `digest_mark` of the new ones. Idempotent."""
    mark = current_mark()
    redigest()
    return mark


def is_stale():
    """Whether any pledge has stale digests."""
    return Pledge.objects.with_stale_digests().exists()


def current_mark():
    """The `digest_mark` of rows whose digests are not stale."""
    return digest_mark(ProviderRule.objects.by_domain())
