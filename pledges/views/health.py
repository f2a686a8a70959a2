"""Liveness (`healthz`, for load balancers) and readiness (`readyz`, for monitoring)."""

from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models.functions import Now
from django.http import HttpResponse, JsonResponse

from pledges.http import read_only
from pledges.models import FailedStep, Heartbeat, Message
from pledges.totals import tally

# Tally deltas. More of them mean that the worker no longer folds, and reading totals becomes slow.
UNFOLDED_LIMIT = 20_000
# A message overdue for longer means that no worker runs.
QUEUE_AGE_LIMIT = timedelta(minutes=15)


@read_only
def healthz(request):
    """200 while the process answers; checks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@read_only
def readyz(request):
    """200 when every check passes, else 503 with the names of the failed checks.

    A failed step of housekeeping is named like `housekeeping: pledges.housekeeping.remind`.
    """
    try:
        wrong = [name for name, right in _checks() if not right]
    except DatabaseError:
        wrong = ["database"]
    return JsonResponse({"ready": not wrong, "wrong": wrong}, status=503 if wrong else 200)


def _checks():
    executor = MigrationExecutor(connection)
    yield "migrations", not executor.migration_plan(executor.loader.graph.leaf_nodes())
    yield "tally", tally.unfolded() <= UNFOLDED_LIMIT
    yield "queue", not Message.objects.queued().filter(due_at__lt=Now() - QUEUE_AGE_LIMIT).exists()
    yield "worker", not Heartbeat.is_late()
    yield "mail", not Message.objects.mail_is_failing()
    for step in FailedStep.objects.order_by("step").values_list("step", flat=True):
        yield f"housekeeping: {step}", False
