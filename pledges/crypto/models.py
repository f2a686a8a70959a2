"""The registered keys: the fingerprints of all keys with which processes may write."""

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Max, Q
from django.db.models.functions import Now

from pledges.crypto import registry
from pledges.crypto.registry import State


def _forget():
    registry.forget()
    # Another thread may have read the present rows meanwhile.
    transaction.on_commit(registry.forget)


class RegisteredKeyQuerySet(models.QuerySet):
    """Queries and changes of registered keys. After a change this process reads them again."""

    def of(self, name):
        """The registered keys of one list, such as "FIELD_KEYS"."""
        return self.filter(list=name)

    def add(self, name, states):
        """Register keys of a list, {key as bytes: State}. Raises IntegrityError if one is registered, or its id is."""
        rows = [
            self.model(
                list=name, fingerprint=registry.fingerprint(key), key_id=f"{registry.key_id(key):02x}", state=state
            )
            for key, state in states.items()
        ]
        self.bulk_create(rows)
        _forget()

    def promote(self, name):
        """Make the coming key the current one, and the current one leave. The caller holds `lock`."""
        self.of(name).filter(state=State.CURRENT).update(state=State.LEAVING)
        self.of(name).filter(state=State.COMING).update(state=State.CURRENT)
        _forget()

    def drop(self):
        """End the registration of these keys."""
        self.delete()
        _forget()

    def seconds_until_noticed(self):
        """Seconds until every process has read the rows of coming keys, 0 if there is none."""
        since = self.filter(state=State.COMING).aggregate(since=Now() - Max("registered_at"))["since"]
        return 0 if since is None else max(0, settings.KEYS_VIEW_SECONDS - since.total_seconds())

    @staticmethod
    def lock():
        """Wait until no transaction is storing digests, and keep others from it until the end of this one.

        The trigger of migrations/sql/keys.sql takes the same lock, shared.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(keys_lock())")


class RegisteredKey(models.Model):
    """One key of FIELD_KEYS or DIGEST_KEYS: its fingerprint, which tells nothing about it, and its place in a rotation."""

    list = models.CharField(max_length=11, choices=[(name, name) for name in registry.LISTS], editable=False)
    fingerprint = models.BinaryField(max_length=32, editable=False)
    # Two hexadecimal digits, as in `digest_mark`.
    key_id = models.CharField(max_length=2, editable=False)
    state = models.CharField(max_length=7, choices=[(state.value, state.value) for state in State], editable=False)
    registered_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = RegisteredKeyQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["list", "fingerprint"], name="registered_key_unique"),
            models.UniqueConstraint(fields=["list", "key_id"], name="registered_key_id_unique"),
            models.UniqueConstraint(
                fields=["list", "state"], name="registered_key_one_current", condition=~Q(state="leaving")
            ),
        ]

    def __str__(self):
        return f"{self.list} {self.key_id} {self.state}"


class Unreadable(models.Model):
    """A ciphertext that no key opened: a key is missing, or its row is damaged. Housekeeping deletes it when it opens."""

    # "table.column.row id", the associated data of the ciphertext.
    place = models.CharField(max_length=80, primary_key=True, editable=False)
    found_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.place

    @classmethod
    def record(cls, place):
        """Record a place, or the CannotDecrypt that names it, unless it is recorded."""
        cls.objects.bulk_create([cls(place=str(place))], ignore_conflicts=True)
