"""The models with ciphertexts, and bringing stored values to the first keys: `manage.py rotate_keys`.

The id of its key, in the first byte of each value, says what is left, so everything here can be killed and repeated.
"""

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, transaction
from django.db.models import BinaryField, Q
from django.db.models.functions import Substr
from django.db.models.lookups import Exact

from pledges import addresses
from pledges.cases.models import Case
from pledges.crypto import keys
from pledges.crypto.models import Unreadable
from pledges.mail.mailboxes import BlockedAddress
from pledges.supporters.models import Pledge

BATCH_ROWS = 500  # Rows that one transaction changes.
# The newest rows of a model that are looked at when a process starts, and by `/readyz`.
SAMPLE_ROWS = 100


def _texts(model):
    return [field.name.removesuffix("_cipher") for field in model._meta.fields if field.name.endswith("_cipher")]


# {model: names of its encrypted texts}; the column of "name" is `name_cipher`.
ENCRYPTED_TEXTS = {model: texts for model in apps.get_models() if not model._meta.proxy and (texts := _texts(model))}
# {first part of the associated data: model}
ENCRYPTED_MODELS = {model.TABLE: model for model in ENCRYPTED_TEXTS}
CONTACTS = tuple(model for model in ENCRYPTED_TEXTS if issubclass(model, Case))


# What is left


def _columns(model):
    """[(column, list of keys)] of the values that show by which keys a row is stored; its other digests change with the first."""
    ciphers = [(f"{text}_cipher", "FIELD_KEYS") for text in ENCRYPTED_TEXTS.get(model, ())]
    digests = [field.name for field in model._meta.fields if field.name in ("address_digest", "mailbox_digest")]
    return [*ciphers, *((name, "DIGEST_KEYS") for name in digests)]


def stale(model):
    """The rows with a value that another key than the first one made."""
    other = Q()
    for column, name in _columns(model):
        key_id = Substr(column, 1, 1, output_field=BinaryField())
        other |= Q(**{f"{column}__isnull": False}) & ~Q(Exact(key_id, keys.first_id(name)))
    return model.objects.filter(other)


# Changing rows


def renew(model, on_progress=lambda rows: None):
    """Encrypt and digest again what is stale of a model; returns (how many rows changed, ids of those that keep their digests).

    A pledge keeps them if others of its mailbox have both places, or its name: staff must resolve it. A row that no key opens is
    left and recorded for `/readyz`. `on_progress` gets the number of rows of each batch.
    """
    # Pledges in the order of their mailboxes, and a mailbox in one batch: its pledges are always found by each other's digest.
    order = "address_digest" if model is Pledge else "pk"
    rows = stale(model).order_by(order).select_for_update(of=("self",))
    changed, kept, after, batch = 0, [], None, None
    while batch is None or batch:
        with transaction.atomic():
            with connection.cursor() as cursor:
                # Finding the last rows reads the whole table. Tombstones are about changes of persons, of which this is none.
                cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL weare1.tombstones = 'off'")
            batch = list((rows if after is None else rows.filter(**{f"{order}__gt": after}))[:BATCH_ROWS])
            after = getattr(batch[-1], order) if batch else None
            if batch and model is Pledge:
                batch += rows.filter(address_digest=after).exclude(pk__in=[row.pk for row in batch])
            values = {row.pk: found for row in batch if (found := _values(row))}
            kept += _save(model, [row for row in batch if row.pk in values], values)
        changed += len(values)
        on_progress(len(batch))
    return changed - len(kept), kept


def _values(row):
    """{column: new value} of what the first keys make different."""
    values = {}
    try:
        for text in ENCRYPTED_TEXTS.get(type(row), ()):
            cipher = getattr(row, f"{text}_cipher")
            if cipher is not None and bytes(cipher[:1]) != keys.first_id("FIELD_KEYS"):
                values[f"{text}_cipher"] = keys.encrypt(getattr(row, text), associated_data=row.associated_data(text))
        found = row.digests() if hasattr(row, "digests") else {}
    except keys.CannotDecrypt as error:
        Unreadable.record(error)
        return values
    # Bytes and numbers, or memoryviews of bytes.
    return values | {column: value for column, value in found.items() if getattr(row, column) != value}


def _save(model, rows, values):
    """Save new values, {id: {column: value}}; returns the ids of rows whose digests the constraints do not allow."""
    if not rows:
        return []
    columns = sorted({column for row in values.values() for column in row})
    types = [field.db_type(connection) for field in (model._meta.pk, *map(model._meta.get_field, columns))]
    # One array for each column: bulk_update() takes five times as long.
    arrays = [[values[row.pk].get(column, getattr(row, column)) for row in rows] for column in columns]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {model._meta.db_table} SET {', '.join(f'{column} = new.{column}' for column in columns)} "
                f"FROM unnest({', '.join(f'%s::{kind}[]' for kind in types)}) AS new (pk, {', '.join(columns)}) "
                f"WHERE {model._meta.db_table}.{model._meta.pk.column} = new.pk",
                [[str(row.pk) for row in rows], *arrays],
            )
    except IntegrityError:
        return [row.pk for row in rows if not _save_alone(row, values[row.pk])]
    return []


def _save_alone(row, values):
    """Save new values, of a pledge also in the other place of its mailbox; returns whether the constraints allow the digests."""
    this = type(row).objects.filter(pk=row.pk)
    for place in ({"slot": row.slot}, {"slot": 3 - row.slot}) if isinstance(row, Pledge) else ({},):
        try:
            with transaction.atomic():
                this.update(**values, **place)
        except IntegrityError:
            continue
        return True
    if isinstance(row, BlockedAddress):
        # Two rows block one mailbox. One is enough.
        this.delete()
        return True
    ciphers = {column: value for column, value in values.items() if column.endswith("_cipher")}
    if ciphers:
        this.update(**ciphers)
    return False


# The check of keys when a process starts, and by `/readyz`


def _ids(name):
    """The ids of the keys of a list that made the newest rows with a person."""
    newest = []
    for model in (Pledge, *CONTACTS, BlockedAddress):
        digest = "mailbox_digest" if model is BlockedAddress else "address_digest"
        column = "address_cipher" if name == "FIELD_KEYS" else digest
        newest.append(
            f"(SELECT substr({column}, 1, 1) FROM {model._meta.db_table} WHERE address_cipher IS NOT NULL "
            f"ORDER BY created_at DESC LIMIT {SAMPLE_ROWS})"
        )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(newest))
        return [bytes(key_id) for (key_id,) in cursor.fetchall()]


def _fit(name):
    """Whether a listed key opens one of the newest rows, or makes its digest: its id is only one byte. True without such rows."""
    fits = []
    for model in (Pledge, *CONTACTS, BlockedAddress) if name == "FIELD_KEYS" else (Pledge,):
        for row in model.objects.filter(address_cipher__isnull=False).order_by("-created_at")[:SAMPLE_ROWS]:
            try:
                address = row.address
            except keys.CannotDecrypt:
                fits += [False] if name == "FIELD_KEYS" else []
                continue
            # Of the digests that of the domain, because no rule about mailboxes changes it.
            if name == "FIELD_KEYS" or bytes(row.domain_digest) in keys.digests(
                "domain", addresses.split_address(address)[1]
            ):
                return True
            fits.append(False)
    return not fits


def check_keys():
    """Raise ImproperlyConfigured if the keys are not those of this database."""
    for name in keys.LISTS:
        ids = _ids(name)
        if ids and (keys.by_id(name).keys().isdisjoint(ids) or not _fit(name)):
            raise ImproperlyConfigured(
                f"{name} lists no key of this database: put back the key that its data were written with. A new key comes in "
                "front of it, separated by a comma, and manage.py rotate_keys brings it into use."
            )


def is_due():
    """Whether a first key is new: most rows are of another one."""
    return any(
        sum(key_id != keys.first_id(name) for key_id in ids) * 2 > len(ids)
        for name in keys.LISTS
        if len(keys.by_id(name)) > 1
        for ids in [_ids(name)]
    )


def unknown_keys():
    """The names of the lists that lack the key of a row."""
    return [name for name in keys.LISTS if not set(_ids(name)) <= set(keys.by_id(name))]
