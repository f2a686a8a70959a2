"""Liveness (`healthz`, for load balancers) and readiness (`readyz`, for monitoring)."""

from django.conf import settings
from django.http import HttpResponse, JsonResponse

from pledges.health import checks
from pledges.health.remembered import Remembered
from pledges.serving.http import read_only

# Anyone can ask, so a flood of requests shares one answer.
_failed = Remembered(checks.failed, lambda: settings.READINESS_PATIENCE_SECONDS)


@read_only
def healthz(request):
    """200 while the process answers; checks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@read_only
def readyz(request):
    """200 when every check of `pledges.health.checks` passes, else 503 with the names of the failed ones."""
    wrong = _failed()
    return JsonResponse({"ready": not wrong, "wrong": wrong}, status=503 if wrong else 200)
