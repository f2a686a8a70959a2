"""Registering keys: the first ones of a database, a new one at the start of a rotation, and its end."""

from django.conf import settings
from django.db import connection, transaction

from pledges.crypto import keys, registry
from pledges.crypto.models import RegisteredKey
from pledges.crypto.registry import LISTS, KeysRefused, State
from pledges.inbox.models import Submission
from pledges.providers.models import BlockedAddress
from pledges.referrals.models import ReferralLink
from pledges.rotation.encrypted import CONTACTS, ENCRYPTED_TEXTS
from pledges.supporters.models import Pledge

# Rows of a model that are tried with each key.
SAMPLE_ROWS = 100
# The newest rows of a model among which `/readyz` looks for unknown keys.
NEWEST_ROWS = 200

# The index on digest_mark is read once for each of its few values.
STORED_PAIRS = """
WITH RECURSIVE contacts AS (
    SELECT digest_mark AS mark FROM pledges_grouppledge UNION SELECT digest_mark FROM pledges_joining
    UNION SELECT digest_mark FROM pledges_enquiry UNION SELECT digest_mark FROM pledges_voiceowner
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

    Raises KeysRefused if personal rows are there already: nothing says which keys wrote them.
    """
    needed = {model._meta.db_table for model in (RegisteredKey, *ENCRYPTED_TEXTS)}
    if not needed <= set(connection.introspection.table_names()):
        # Not all migrations are applied yet.
        return
    with transaction.atomic():
        RegisteredKey.objects.lock()
        for name in LISTS:
            if RegisteredKey.objects.of(name).exists():
                continue
            if any(model.objects.exists() for model in ENCRYPTED_TEXTS):
                raise KeysRefused(
                    f"{name}: names and addresses are stored, but no key is registered: restore the database from a backup."
                )
            first, *others = keys.decoded(getattr(settings, name))
            RegisteredKey.objects.add(name, {first: State.CURRENT} | dict.fromkeys(others, State.LEAVING))


# Rotation


def count_unreadable():
    """(number of ciphertexts that no listed key opens, number tried) among the oldest and the newest rows of each model."""
    tried = unreadable = 0
    for model, (text, *_others) in ENCRYPTED_TEXTS.items():
        order = "pk" if model is ReferralLink else "created_at"
        rows = model.objects.filter(**{f"{text}_cipher__isnull": False})
        sample = {*rows.order_by(order)[:SAMPLE_ROWS], *rows.order_by(f"-{order}")[:SAMPLE_ROWS]}
        tried += len(sample)
        unreadable += sum(_lacks_its_key(row, text) for row in sample)
    return unreadable, tried


def _lacks_its_key(row, text):
    """Whether no listed key opens this text of a row, or, where the row is about no person, no listed key has encrypted it.

    Such a row that is damaged stops no rotation, which names it.
    """
    if isinstance(row, (Pledge, *CONTACTS)):
        return _text(row, text) is None
    listed = {keys.key_id(key) for key in keys.decoded(settings.FIELD_KEYS)}
    return bytes(getattr(row, f"{text}_cipher"))[0] not in listed


def _text(row, text):
    """A text of a row, or None if no listed key opens it."""
    try:
        return getattr(row, text)
    except keys.CannotDecrypt:
        return None


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
    # Not messages: few of them store an address, and finding those reads the whole table.
    newest = (
        f"SELECT unnest(ARRAY[{', '.join(f'{text}_cipher' for text in ENCRYPTED_TEXTS[model][:2])}]) FROM "
        f"(SELECT * FROM {model._meta.db_table} ORDER BY created_at DESC, id DESC LIMIT {NEWEST_ROWS}) newest"
        for model in (Pledge, *CONTACTS, BlockedAddress)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT get_byte(cipher, 0) FROM ({' UNION ALL '.join(newest)}) stored (cipher) WHERE cipher <> ''"
        )
        return {f"{key_id:02x}" for (key_id,) in cursor.fetchall()}


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
