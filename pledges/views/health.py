"""Liveness (`healthz`, for load balancers) and readiness (`readyz`, for monitoring)."""

from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count
from django.db.models.functions import Now
from django.http import HttpResponse, JsonResponse

from pledges.http import read_only
from pledges.models import FailedStep, Heartbeat, Message, Submission, Unreadable
from pledges.totals import tally

# Tally deltas. More of them mean that the worker no longer folds, and reading totals becomes slow.
UNFOLDED_LIMIT = 20_000
# A submission waits for half a second. After this time no worker settles, or settling fails.
SETTLING_LIMIT = timedelta(minutes=2)
# A message overdue for longer means that no worker runs.
QUEUE_AGE_LIMIT = timedelta(minutes=15)
# Settings of PostgreSQL with which its log would hold statements, and so what people typed, each with its safe values. Parameters
# are part of the statement: psycopg2 sends no separate ones, so log_parameter_max_length protects nothing. The guide also sets
# log_min_error_statement, whose default logs statements that fail; a default is no alarm, and names are ciphertext there too.
SAFE_LOG_SETTINGS = {
    "log_statement": ("none", "ddl"),
    "log_min_duration_statement": ("-1",),
    "log_min_duration_sample": ("-1",),
    "log_transaction_sample_rate": ("0",),
    "log_parameter_max_length_on_error": ("0",),
}


@read_only
def healthz(request):
    """200 while the process answers; checks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@read_only
def readyz(request):
    """200 when every check passes, else 503 with the names of the failed checks.

    A failed step of housekeeping is named like `housekeeping: pledges.housekeeping.remind`, submissions that could not be settled
    like `aside: 2 pledge`.
    """
    try:
        wrong = [name for name, right in _checks() if not right]
    except DatabaseError:
        wrong = ["database"]
    return JsonResponse({"ready": not wrong, "wrong": wrong}, status=503 if wrong else 200)


def _unsafe_log_settings():
    """Names of the settings of PostgreSQL that write statements to its log."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY (%s) ORDER BY name", [[*SAFE_LOG_SETTINGS]]
        )
        return [name for name, setting in cursor.fetchall() if setting not in SAFE_LOG_SETTINGS[name]]


def _checks():
    executor = MigrationExecutor(connection)
    yield "migrations", not executor.migration_plan(executor.loader.graph.leaf_nodes())
    yield "tally", tally.unfolded() <= UNFOLDED_LIMIT
    yield "submissions", not Submission.objects.waiting().filter(created_at__lt=Now() - SETTLING_LIMIT).exists()
    for kind, count in Submission.objects.aside().values_list("kind").annotate(Count("pk")).order_by("kind"):
        yield f"aside: {count} {kind}", False
    yield "queue", not Message.objects.queued().filter(due_at__lt=Now() - QUEUE_AGE_LIMIT).exists()
    yield "worker", not Heartbeat.is_late()
    yield "mail", not Message.objects.mail_is_failing()
    for step in FailedStep.objects.order_by("step").values_list("step", flat=True):
        yield f"housekeeping: {step}", False
    if count := Unreadable.objects.count():
        yield f"unreadable: {count}", False
    for name in _unsafe_log_settings():
        yield f"postgresql: {name}", False
