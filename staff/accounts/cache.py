"""The cache in the database, for the rate limits of sign-in, which all processes share."""

from django.conf import settings
from django.db import models
from django.utils.crypto import salted_hmac


def digest(key, key_prefix, version):
    """What is stored in place of a key, which names an account or a network (KEY_FUNCTION)."""
    return salted_hmac("staff.cache", key, secret=settings.DIGEST_KEYS[0], algorithm="sha256").hexdigest()


class CacheEntry(models.Model):
    """A row of Django's DatabaseCache, with the columns that it expects."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.cache_key
