"""The cache of CACHE_URL: Valkey or Redis, and the memory of this process while that does not answer."""

import logging
import time
from functools import partialmethod

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

# Seconds, for connecting and for each answer. A page waits for it.
TIMEOUT = 0.5
# After a failure it is left alone for this time, so that not every page waits.
RETRY_AFTER_SECONDS = 5
LOG_INTERVAL_SECONDS = 60


class _Process:
    """What all threads of this process know, as monotonic times."""

    down_until = 0.0
    logged_at = None


class ValkeyOrMemory(BaseCache):
    """A cache backend of Django. Every failure of the server is answered from memory, and logged at most once a minute."""

    def __init__(self, server, params):
        super().__init__(params)
        options = {
            **{"socket_connect_timeout": TIMEOUT, "socket_timeout": TIMEOUT, "retry": Retry(NoBackoff(), 0)},
            **params.get("OPTIONS", {}),
        }
        self._valkey = RedisCache(server, params | {"OPTIONS": options})
        self._memory = LocMemCache(server, params)

    def is_reachable(self):
        """Whether the server answers now. It is not asked within RETRY_AFTER_SECONDS after a failure."""
        if time.monotonic() < _Process.down_until:
            return False
        try:
            self._valkey.get("reachable")
        except (RedisError, OSError) as error:
            self._leave_alone(error)
            return False
        return True

    def _call(self, method, *args, **kwargs):
        if time.monotonic() >= _Process.down_until:
            try:
                return getattr(self._valkey, method)(*args, **kwargs)
            except (RedisError, OSError) as error:
                self._leave_alone(error)
        return getattr(self._memory, method)(*args, **kwargs)

    def _leave_alone(self, error):
        now = time.monotonic()
        _Process.down_until = now + RETRY_AFTER_SECONDS
        if _Process.logged_at is None or now >= _Process.logged_at + LOG_INTERVAL_SECONDS:
            _Process.logged_at = now
            logger.error("the cache of CACHE_URL does not answer, so memory is used: %s", type(error).__name__)

    # BaseCache derives its other methods from these.
    add = partialmethod(_call, "add")
    get = partialmethod(_call, "get")
    set = partialmethod(_call, "set")
    touch = partialmethod(_call, "touch")
    delete = partialmethod(_call, "delete")
    clear = partialmethod(_call, "clear")
