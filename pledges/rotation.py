"""Bringing all rows to today's keys and provider rules, a batch at a time, while the site runs."""

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.tasks import task

from pledges import addresses
from pledges.crypto import keys
from pledges.models.addresses import BlockedAddress, ProviderRule
from pledges.models.messages import Message
from pledges.models.pledges import DIGEST_FIELDS, Pledge
from pledges.models.querysets import digest_mark

BATCH = 200


def redigest(on_progress=lambda done: None):
    """Compute stale digests again; returns (rows done, ids of rows that now collide with another pledge).

    Resumable: a row is stale as long as its mark says so. A row that collides (two addresses turned out to be one mailbox,
    which already holds as many as it can) keeps its old digests, for staff to see.
    """
    done, collided = 0, []
    while True:
        # Read for each batch: staff may change them meanwhile.
        rules = ProviderRule.objects.by_domain()
        with transaction.atomic():
            rows = list(
                Pledge.objects.with_stale_digests()
                .exclude(pk__in=collided)
                .order_by("pk")
                .select_for_update(of=("self",))[:BATCH]
            )
            for pledge in rows:
                if not _redigest_one(pledge, rules):
                    collided.append(pledge.pk)
        if not rows:
            break
        done += len(rows)
        on_progress(done)
    _redigest_blocked(rules)
    return done - len(collided), collided


def _redigest_one(pledge, rules):
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
    for blocked in BlockedAddress.objects.iterator(chunk_size=BATCH):
        by_key = keys.digests("address", addresses.normalise(blocked.address, rules))
        digests = {"address_digest": by_key[0], "address_digest_last": by_key[-1]}
        try:
            with transaction.atomic():
                BlockedAddress.objects.filter(pk=blocked.pk).update(**digests)
        except IntegrityError:
            # Two blocked addresses are one mailbox now: one row is enough.
            blocked.delete()


def reencrypt(on_progress=lambda done: None):
    """Encrypt by the newest key what an older one encrypted; returns the number of rows done. Resumable."""
    # Begins behind the last row each time: what is done already is not looked at again.
    done, stale = 0, Pledge.objects.with_stale_ciphers().order_by("pk")
    rest = stale
    while True:
        with transaction.atomic():
            rows = list(rest.select_for_update(of=("self",))[:BATCH])
            for pledge in rows:
                _reencrypt_one(pledge)
        if not rows:
            break
        rest = stale.filter(pk__gt=rows[-1].pk)
        done += len(rows)
        on_progress(done)
    return done + _reencrypt_others()


def _reencrypt_one(pledge):
    name, address, new_address = pledge.name, pledge.address, pledge.new_address
    values = {
        "name_cipher": keys.encrypt(name, place=pledge.place("name")),
        "address_cipher": keys.encrypt(address, place=pledge.place("address")),
    }
    if new_address is not None:
        values["new_address_cipher"] = keys.encrypt(new_address, place=pledge.place("new_address"))
    Pledge.objects.filter(pk=pledge.pk).update(**values)


def _reencrypt_others():
    current, done = bytes([keys.current_field_key_id()]), 0
    for model, rows in (
        (BlockedAddress, BlockedAddress.objects.all()),
        (Message, Message.objects.filter(Q(pledge=None))),
    ):
        for row in rows.iterator(chunk_size=BATCH):
            if bytes(row.address_cipher[:1]) != current:
                cipher = keys.encrypt(row.address, place=row.place)
                done += model.objects.filter(pk=row.pk).update(address_cipher=cipher)
    return done


@task
def redigest_task():
    """Recompute all digests after the provider rules changed; returns the mark they were brought to. Idempotent."""
    mark = current_mark()
    redigest()
    return mark


def is_stale():
    """Whether any pledge's digests are by other keys or rules than today's."""
    return Pledge.objects.with_stale_digests().exists()


def current_mark():
    """The mark of rows whose digests are by today's keys and rules."""
    return digest_mark(ProviderRule.objects.by_domain())
