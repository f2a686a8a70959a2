"""The cache in the database, which all processes share: the rate limits of sign-in, and whom each account has seen lately."""

import json

from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection, models
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac


def digest(key, key_prefix, version):
    """What is stored in place of a key, which names an account or a network (KEY_FUNCTION)."""
    return salted_hmac("staff.cache", key, secret=settings.DIGEST_KEYS[0], algorithm="sha256").hexdigest()


class CacheEntry(models.Model):
    """One value of the cache, as JSON."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()


class SharedCache(BaseCache):
    """A cache of JSON values, each with a timeout. Time is that of the database; `staff.housekeeping` erases what expired.

    Django's DatabaseCache would unpickle what the database holds, and drop entries that still count once there are many.
    """

    WRITE = """
        INSERT INTO staff_cacheentry (cache_key, value, expires)
        VALUES (%s, %s, statement_timestamp() + make_interval(secs => %s))
        ON CONFLICT (cache_key) DO UPDATE SET value = EXCLUDED.value, expires = EXCLUDED.expires
    """
    WHERE_EXPIRED = "WHERE staff_cacheentry.expires <= statement_timestamp()"

    def __init__(self, location, params):
        super().__init__(params)

    def _write(self, sql, key, value, timeout, version):
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        with connection.cursor() as cursor:
            cursor.execute(sql, [self.make_and_validate_key(key, version), json.dumps(value), seconds])
            return cursor.rowcount == 1

    def _entries(self, key, version):
        return CacheEntry.objects.filter(pk=self.make_and_validate_key(key, version), expires__gt=Now())

    def get(self, key, default=None, version=None):
        value = self._entries(key, version).values_list("value", flat=True).first()
        return default if value is None else json.loads(value)

    def set(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        self._write(self.WRITE, key, value, timeout, version)

    def add(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        return self._write(self.WRITE + self.WHERE_EXPIRED, key, value, timeout, version)

    def delete(self, key, version=None):
        return bool(self._entries(key, version).delete()[0])
