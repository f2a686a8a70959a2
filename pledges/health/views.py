"""Liveness (`healthz`, for load balancers) and readiness (`readyz`, for monitoring)."""

import threading
import time

from django.conf import settings
from django.http import HttpResponse, JsonResponse

from pledges.health import checks
from pledges.health.alarm import is_alarm
from pledges.serving.http import read_only

# The addresses of requests that no proxy has forwarded: over the Unix socket, or from this machine.
THIS_MACHINE = ("", "127.0.0.1", "::1")


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


# Anyone can ask, so a flood of requests shares one answer.
_failed = Remembered(checks.failed, lambda: settings.READINESS_PATIENCE_SECONDS)


@read_only
def healthz(request):
    """200 while the process answers; checks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@read_only
def readyz(request):
    """200 when every check of `pledges.health.checks` passes, else 503.

    The names of the failed ones are for the machine itself and for its alarm: they would tell an attacker what is down.
    """
    wrong = _failed()
    answer = {"ready": not wrong}
    is_forwarded = "X-Forwarded-For" in request.headers
    if not is_forwarded and request.META.get("REMOTE_ADDR", "") in THIS_MACHINE or is_alarm(request):
        answer["wrong"] = wrong
    return JsonResponse(answer, status=503 if wrong else 200)
