"""Key rotation: re-encrypts rows and recomputes digests in batches, while the site runs.

Everything here is idempotent, holds row locks for one batch at a time, and needs no state of a database session. The keys are the
newest registered ones (pledges/rotation/registration.py).
"""

import contextlib

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Right
from django.tasks import task

from pledges.crypto import keys
from pledges.crypto.keys import has_older_key
from pledges.crypto.models import Unreadable
from pledges.inbox.submissions import settle_all
from pledges.mail.grants import MessageGrant
from pledges.mail.models import Message
from pledges.person import digest_mark, person_digests
from pledges.providers.models import BlockedAddress, ProviderRule, mailbox_digests
from pledges.rotation.encrypted import CONTACTS, ENCRYPTED_TEXTS, associated_data_of
from pledges.supporters.models import Pledge

BATCH_ROWS = 500  # Rows that one transaction changes. It holds their locks for about 0.15 s.


def redigest(on_progress=lambda done: None):
    """Recompute stale digests; returns (number of changed pledges, ids of pledges that keep their digests).

    Idempotent, and resumable after an interruption, because `digest_mark` tells which rows are stale. A pledge collides if its
    address now normalises to a mailbox without a free slot, or with a pledge by the same name. It keeps its old digests, and
    staff must resolve it; so does one that no key opens. `on_progress` is called after each batch with the number of rows
    processed so far. Submissions are settled first: they are not recomputed."""
    settle_all()
    done, collided = _take_first_digests(on_progress), []
    after = None
    while True:
        # Read for each batch, because staff may change the rules between batches.
        rules = ProviderRule.objects.by_domain()
        with _batch():
            stale = Pledge.objects.with_stale_digests().exclude(pk__in=collided)
            rows = _locked(stale.only("slot", "name_cipher", "address_cipher"), after)
            collided += _redigest(rows, rules)
        if rows:
            after = rows[-1].pk
            done += len(rows)
            on_progress(done)
        elif after is None:
            break
        else:
            # Once more from the start: rows may have become stale behind the last one.
            after = None
    _mark_erased()
    for model in CONTACTS:
        model.objects.redigest(rules)
    _redigest_blocked(rules)
    _redigest_grants(rules)
    return done - len(collided), collided


@contextlib.contextmanager
def _batch():
    """A transaction without the time limit of statements: finding the last stale rows reads the whole table."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
        yield


def _locked(rows, after):
    """The next BATCH_ROWS of these rows after this id, in the order of their ids, locked. None: from the start.

    Keyset pagination: searching each batch from the start would pass over all rows that are done.
    """
    rows = rows.order_by("pk").select_for_update(of=("self",))
    return list((rows if after is None else rows.filter(pk__gt=after))[:BATCH_ROWS])


def _take_first_digests(on_progress):
    """Copy the digests of the first key over those of the last one where only the last key was replaced; returns how many.

    It needs no name, so it also covers pledges without one.
    """
    pair, done, after = keys.digest_key_ids(), 0, None
    if pair[:2] != pair[2:]:
        return done
    stale = Pledge.objects.with_stale_key_pair().filter(digest_mark__startswith=pair[:2])
    while True:
        with _batch():
            ids = [pledge.pk for pledge in _locked(stale.only("pk"), after)]
            done += Pledge.objects.filter(pk__in=ids).update(
                address_digest_last=F("address_digest"),
                name_digest_last=F("name_digest"),
                digest_mark=Concat(Value(pair), Right("digest_mark", 8)),
            )
        if not ids:
            return done
        after = ids[-1]
        on_progress(done)


def _redigest(pledges, rules):
    """Save new digests of these pledges; returns the ids of those that the constraints or their ciphertexts do not allow."""
    values, left = {}, []
    for pledge in pledges:
        try:
            values[pledge.pk] = person_digests(pledge.name, pledge.address, rules)
        except keys.CannotDecrypt as error:
            Unreadable.record(error)
            left.append(pledge.pk)
    try:
        with transaction.atomic():
            _update(Pledge, values)
    except IntegrityError:
        # At least one row collides. Each is tried alone.
        left += [
            pledge.pk for pledge in pledges if pledge.pk in values and not _redigest_one(pledge, values[pledge.pk])
        ]
    return left


def _redigest_one(pledge, values):
    """Save new digests, in the other slot if the present one is taken; returns whether the constraints allowed it."""
    for slot in (pledge.slot, 3 - pledge.slot):
        try:
            with transaction.atomic():
                Pledge.objects.filter(pk=pledge.pk).update(**values, slot=slot)
        except IntegrityError:
            continue
        return True
    return False


def _update(model, values):
    """Set the columns of many rows, {pk: {column: value}} with the same columns for each, in one statement."""
    if not values:
        return
    columns = list(next(iter(values.values())))
    arrays = [[str(pk) for pk in values], *([row[column] for row in values.values()] for column in columns)]
    types = [model._meta.get_field(name).db_type(connection) for name in (model._meta.pk.name, *columns)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {model._meta.db_table} changed SET {', '.join(f'{column} = new.{column}' for column in columns)} "
            f"FROM unnest({', '.join(f'%s::{kind}[]' for kind in types)}) AS new (pk, {', '.join(columns)}) "
            f"WHERE changed.{model._meta.pk.column} = new.pk",
            arrays,
        )


def _mark_erased():
    """Mark the digests by replaced keys that cannot be recomputed, because name and address are erased."""
    erased = Pledge.objects.with_stale_key_pair().filter(name_cipher=None).order_by("pk")
    while ids := list(erased.values_list("pk", flat=True)[:BATCH_ROWS]):
        Pledge.objects.filter(pk__in=ids, name_cipher=None).update(digest_mark="")


def _redigest_blocked(rules):
    for blocked, values in _changed(BlockedAddress, lambda row: mailbox_digests(row.address, rules)):
        try:
            with transaction.atomic():
                BlockedAddress.objects.filter(pk=blocked.pk).update(**values)
        except IntegrityError:
            # Two blocked addresses normalise to one mailbox now. One row is enough.
            blocked.delete()


def _changed(model, digests):
    """Yield (row, {column: digest}) of the rows that have other digests."""
    for rows in _batches(model.objects.order_by("pk")):
        for row in rows:
            try:
                values = digests(row)
            except keys.CannotDecrypt as error:
                Unreadable.record(error)
                continue
            if any(bytes(getattr(row, column)) != digest for column, digest in values.items()):
                yield row, values


def _redigest_grants(rules):
    """Recompute the digests of the grants whose message still exists. The others end within a day."""
    for grants in _batches(MessageGrant.objects.order_by("pk")):
        messages = Message.objects.in_bulk([grant.pk for grant in grants])
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
    """Re-encrypt with the newest registered key what another key encrypted; returns the number of changed rows.

    Idempotent, and resumable after an interruption. A row that no key opens is left and recorded for `/readyz`. `on_progress` is
    called after each batch with the number of pledges so far. Submissions are settled first, because only pledges are
    re-encrypted.
    """
    settle_all()
    seen, done, after = 0, 0, None
    stale = Pledge.objects.with_stale_ciphers().only(*(f"{column}_cipher" for column in ENCRYPTED_TEXTS[Pledge]))
    while True:
        with _batch():
            rows = _locked(stale, after)
            done += _reencrypt(rows)
        if not rows:
            break
        after = rows[-1].pk
        seen += len(rows)
        on_progress(seen)
    return done + _reencrypt_others()


def _reencrypt(pledges):
    values = {}
    for pledge in pledges:
        try:
            texts = {column: getattr(pledge, column) for column in ENCRYPTED_TEXTS[Pledge]}
        except keys.CannotDecrypt as error:
            Unreadable.record(error)
            continue
        values[pledge.pk] = {
            f"{column}_cipher": None
            if text is None
            else keys.encrypt(text, associated_data=pledge.associated_data(column))
            for column, text in texts.items()
        }
    _update(Pledge, values)
    return len(values)


def _others():
    """Yield (queryset of rows with another key's ciphertext, name of its column, name of its text) of the other tables."""
    for model, names in ENCRYPTED_TEXTS.items():
        for name in names if model is not Pledge else ():
            yield model.objects.filter(has_older_key(f"{name}_cipher")), f"{name}_cipher", name


def _reencrypt_others():
    """Re-encrypt what other tables hold; returns the number of changed rows."""
    done = 0
    for stale, column, text in _others():
        for rows in _batches(stale.order_by("pk")):
            for row in rows:
                try:
                    cipher = keys.encrypt(getattr(row, text), associated_data=associated_data_of(row, text))
                except keys.CannotDecrypt as error:
                    Unreadable.record(error)
                    continue
                # Not a row that has changed meanwhile.
                unchanged = stale.model.objects.filter(**{"pk": row.pk, column: getattr(row, column)})
                done += unchanged.update(**{column: cipher})
    return done


def count_stale_ciphers():
    """The number of rows with ciphertexts of other keys than the newest registered one."""
    with _batch():
        return Pledge.objects.with_stale_ciphers().count() + sum(stale.count() for stale, _column, _text in _others())


@task
def redigest_task():
    """Recompute the digests after a change of provider rules; returns the `digest_mark` of the new ones. Idempotent."""
    mark = current_mark()
    redigest()
    return mark


def is_stale():
    """Whether any pledge has digests by other provider rules than the present ones."""
    return Pledge.objects.with_stale_rules().exists()


def current_mark():
    """The `digest_mark` of rows whose digests are not stale."""
    return digest_mark(ProviderRule.objects.by_domain())
