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
_lock = threading.Lock()
# (monotonic time, names of the failed checks)
_known = None


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


def _failed():
    """The names of the failed checks, READINESS_PATIENCE_SECONDS old at most: anyone can ask, so a flood shares one answer.

    One thread looks. Meanwhile the others get the answer before, so that a database that hangs does not take them all; they wait
    only for the first one.
    """
    global _known
    known = _known
    if known is not None and time.monotonic() < known[0] + settings.READINESS_PATIENCE_SECONDS:
        return known[1]
    if not _lock.acquire(blocking=known is None):
        return known[1]
    try:
        if _known is known:
            wrong = checks.failed()
            _known = time.monotonic(), wrong
        return _known[1]
    finally:
        _lock.release()
