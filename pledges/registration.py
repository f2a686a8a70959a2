"""Registering keys: the first ones of a database, a new one at the start of a rotation, and its end."""

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models.functions import Substr

from pledges import addresses
from pledges.crypto import keys, registry
from pledges.crypto.registry import LISTS, KeysRefused, State
from pledges.models import BlockedAddress, Pledge, RegisteredKey, Submission
from pledges.models.enquiries import CONTACTS

# Rows that are tried with each key.
SAMPLE_ROWS = 100
# The newest pledges among which `/readyz` looks for unknown keys.
NEWEST_ROWS = 200

# The index on digest_mark is read once for each of its few values.
STORED_PAIRS = """
WITH RECURSIVE contacts AS (
    SELECT digest_mark AS mark FROM pledges_grouppledge UNION SELECT digest_mark FROM pledges_joining
    UNION SELECT digest_mark FROM pledges_enquiry
), marks (mark) AS (
    (SELECT digest_mark FROM pledges_pledge ORDER BY digest_mark LIMIT 1)
    UNION ALL
    SELECT (SELECT digest_mark FROM pledges_pledge WHERE digest_mark > mark ORDER BY digest_mark LIMIT 1)
    FROM marks WHERE mark IS NOT NULL
)
SELECT DISTINCT left(mark, 4) FROM (SELECT mark FROM marks UNION SELECT mark FROM contacts) stored WHERE mark <> ''
"""


# The first keys


def register_first(**_signal):
    """After `migrate`: register the listed keys where none is registered. Idempotent.

    Without personal rows these are all listed keys, otherwise those that the rows prove. Raises KeysRefused if none is proven.
    """
    if RegisteredKey._meta.db_table not in connection.introspection.table_names():
        return
    with transaction.atomic():
        RegisteredKey.objects.lock()
        for name, proven in (("FIELD_KEYS", _opens), ("DIGEST_KEYS", _has_digests)):
            if RegisteredKey.objects.of(name).exists():
                continue
            listed = keys.decoded(getattr(settings, name))
            needs_proof = Pledge.objects.with_person().exists() or BlockedAddress.objects.exists()
            RegisteredKey.objects.add(name, _states([key for key in listed if not needs_proof or proven(key)], name))


def _states(found, name):
    """{key: State} of the keys found in use, newest first."""
    if not found:
        raise KeysRefused(
            f"{name}: the stored names and addresses were written with none of these keys: put theirs back."
        )
    # Rows of two keys: a rotation to the first one has begun.
    states = [State.COMING, State.CURRENT] if len(found) > 1 else [State.CURRENT]
    return dict(zip(found, states + [State.LEAVING] * (len(found) - len(states)), strict=True))


def _opens(key):
    """Whether this key of FIELD_KEYS opens a stored name or blocked address."""
    key_id = bytes([keys.key_id(key)])
    for pledge in _with_first_byte(Pledge.objects.with_person(), "name_cipher", key_id):
        if keys.opens(key, pledge.name_cipher, associated_data=pledge.associated_data("name")):
            return True
    for blocked in _with_first_byte(BlockedAddress.objects, "address_cipher", key_id):
        if keys.opens(key, blocked.address_cipher, associated_data=blocked.associated_data):
            return True
    return False


def _with_first_byte(rows, column, byte):
    first = Substr(column, 1, 1, output_field=models.BinaryField())
    return rows.alias(first_byte=first).filter(first_byte=byte)[:SAMPLE_ROWS]


def _has_digests(key):
    """Whether this key of DIGEST_KEYS gives the stored digest of the domain of an address."""
    pledges = Pledge.objects.with_person().filter(digest_mark__startswith=f"{keys.key_id(key):02x}")
    return not Pledge.objects.with_person().exists() or any(
        bytes(pledge.domain_digest) in keys.digests("domain", addresses.split_address(address)[1], by=[key])
        for pledge in pledges[:SAMPLE_ROWS]
        if (address := _address(pledge))
    )


def _address(pledge):
    """The address of a pledge, or None if no listed key opens it."""
    try:
        return pledge.address
    except keys.CannotDecrypt:
        return None


# Rotation


def count_unreadable():
    """(number of addresses that no listed key opens, number tried) among the oldest and the newest pledges."""
    pledges = Pledge.objects.with_person()
    tried = {*pledges.order_by("created_at")[:SAMPLE_ROWS], *pledges.order_by("-created_at")[:SAMPLE_ROWS]}
    return sum(_address(pledge) is None for pledge in tried), len(tried)


def begin(name):
    """Register the first listed key if it is new; returns whether it was. Raises KeysRefused if it may not come now."""
    unregistered = registry.unregistered(name)
    if not unregistered:
        return False
    listed = keys.decoded(getattr(settings, name))
    if unregistered[-1] > 1:
        raise KeysRefused(
            f"{name}: key {unregistered[-1]} of {len(listed)} is not registered, and only the first key may be new: remove it."
        )
    registered = RegisteredKey.objects.of(name)
    with transaction.atomic():
        registered.lock()
        unfinished = (State.COMING, State.LEAVING) if name == "DIGEST_KEYS" else (State.COMING,)
        if registered.filter(state__in=unfinished).exists():
            raise KeysRefused(
                f"{name}: the rotation before is not finished: put the keys back that were listed then, and run manage.py "
                "rotate_keys until it says that it is done."
            )
        if registered.filter(key_id=f"{keys.key_id(listed[0]):02x}").exists():
            raise KeysRefused(f"{name}: the new key has the one-byte id of another one. Generate another new key.")
        registered.add(name, {listed[0]: State.COMING})
    return True


def finish(name):
    """Make the coming key the current one; returns False, changing nothing, while rows or submissions need the one before.

    From then on the database accepts no digest whose first key is the one before.
    """
    with transaction.atomic():
        RegisteredKey.objects.lock()
        if RegisteredKey.objects.of(name).filter(state=State.COMING).exists():
            if name == "DIGEST_KEYS" and (
                any(model.objects.with_stale_digests().exists() for model in (Pledge, *CONTACTS))
            ):
                return False
            if Submission.objects.with_old_keys().exists():
                return False
            RegisteredKey.objects.promote(name)
    return True


def drop_unlisted(name):
    """End the registration of keys that are neither listed nor needed by a row; returns how many.

    The caller has re-encrypted all rows.
    """
    listed = [registry.fingerprint(key) for key in keys.decoded(getattr(settings, name))]
    with transaction.atomic():
        RegisteredKey.objects.lock()
        unlisted = RegisteredKey.objects.of(name).filter(state=State.LEAVING).exclude(fingerprint__in=listed)
        if name == "DIGEST_KEYS":
            unlisted = unlisted.exclude(key_id__in=_stored_digest_key_ids())
        number = unlisted.count()
        if number:
            unlisted.drop()
    return number


def _stored_digest_key_ids():
    with connection.cursor() as cursor:
        cursor.execute(STORED_PAIRS)
        return {key_id for (pair,) in cursor.fetchall() for key_id in (pair[:2], pair[2:])}


def _newest_field_key_ids():
    newest = Pledge.objects.order_by("-created_at", "-pk").values_list("name_cipher", flat=True)[:NEWEST_ROWS]
    return {f"{bytes(cipher)[0]:02x}" for cipher in newest if cipher is not None}


# The check of `/readyz`


def are_keys_right(name):
    """Whether the listed keys may write, all of them are registered, and rows use no other ones."""
    try:
        registry.writing_keys(name)
    except KeysRefused:
        return False
    registered = set(RegisteredKey.objects.of(name).values_list("key_id", flat=True))
    stored = _stored_digest_key_ids() if name == "DIGEST_KEYS" else _newest_field_key_ids()
    return not registry.unregistered(name) and stored <= registered


def failed_checks():
    """Yield the names of failed checks of `/readyz`: a listed key is not registered, or rows of unknown keys exist."""
    for name in LISTS:
        if not are_keys_right(name):
            yield f"keys: {name}"
