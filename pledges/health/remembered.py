"""Results that are computed at most once in some seconds, however many requests ask for them."""

import threading
import time


class Remembered:
    """The result of `call`, at most `seconds()` old. Errors are not kept.

    One thread computes it. Meanwhile the others get the result before, so that they do not wait for a slow database; they wait
    only for the first one.
    """

    def __init__(self, call, seconds):
        self._call, self._seconds = call, seconds
        self._lock = threading.Lock()
        # (monotonic time, result)
        self._known = None

    def __call__(self):
        known = self._known
        if known is not None and time.monotonic() < known[0] + self._seconds():
            return known[1]
        if not self._lock.acquire(blocking=known is None):
            return known[1]
        try:
            if self._known is known:
                result = self._call()
                self._known = time.monotonic(), result
            return self._known[1]
        finally:
            self._lock.release()
