"""Liveness (`healthz`, for load balancers) and readiness (`readyz`, for monitoring)."""

from django.conf import settings
from django.core.cache import caches
from django.http import HttpResponse, JsonResponse

from pledges.health import checks
from pledges.health.alarm import is_alarm
from pledges.serving.http import read_only

# The addresses of requests that no proxy has forwarded: over the Unix socket, or from this machine.
THIS_MACHINE = ("", "127.0.0.1", "::1")


@read_only
def healthz(request):
    """200 while the process answers; checks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@read_only
def readyz(request):
    """200 when every check of `pledges.health.checks` passes, else 503.

    The names of the failed ones are for the machine itself and for its alarm: they would tell an attacker what is down.
    """
    # Anyone can ask, so a flood of requests shares one answer.
    wrong = caches["process"].get_or_set("readyz", checks.failed, settings.READINESS_PATIENCE_SECONDS)
    answer = {"ready": not wrong}
    is_forwarded = "X-Forwarded-For" in request.headers
    if not is_forwarded and request.META.get("REMOTE_ADDR", "") in THIS_MACHINE or is_alarm(request):
        answer["wrong"] = wrong
    return JsonResponse(answer, status=503 if wrong else 200)
