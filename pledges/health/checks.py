"""The checks of `/readyz`. Each is a function in CHECKS that yields the names of what is wrong (see docs/operating.md)."""

import os
from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Exists
from django.db.models.functions import Now
from django.utils import timezone

from pledges import rotation
from pledges.backups.models import Backup
from pledges.counting.models import Count as LastCount
from pledges.crypto.models import Rotation, Unreadable
from pledges.database import DISK_FULL, sqlstate
from pledges.health import probes
from pledges.inbox.models import Submission
from pledges.mail import mailers
from pledges.mail.models import Message
from pledges.mailings.models import Mailing
from pledges.statistics.models import FallenProvider
from pledges.worker.models import CLOCK_TOLERANCE, LATE_AFTER, FailedStep, Heartbeat

# At ten million pledges figures are nine seconds old at most. Older ones mean that no worker counts.
FIGURES_AGE_LIMIT = timedelta(minutes=1)
# A submission waits for half a second. After this time no worker settles, or settling fails.
SETTLING_LIMIT = timedelta(minutes=2)
# A message overdue for longer means that no worker runs.
QUEUE_AGE_LIMIT = timedelta(minutes=15)
# PostgreSQL needs 16 MB for its next segment of the write-ahead log. Without it the server stops.
DATABASE_FLOOR_MEGABYTES = 16
# A picture with its sizes takes up to 30 MB. The floor also warns early where the database is on the same disk.
MEDIA_FLOOR_MEGABYTES = 300
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


def server():
    """The state of PostgreSQL as the site's own connections see it: log settings, clock, read-only."""
    names = [*SAFE_LOG_SETTINGS, "transaction_read_only"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting, statement_timestamp() FROM pg_settings WHERE name = ANY (%s) ORDER BY name", [names]
        )
        found = cursor.fetchall()
    for name, setting, _now in found:
        if name in SAFE_LOG_SETTINGS and setting not in SAFE_LOG_SETTINGS[name]:
            yield f"postgresql: {name}"
        if name == "transaction_read_only" and setting == "on":
            yield "read-only"
    if abs(timezone.now() - found[0][2]) > CLOCK_TOLERANCE:
        yield "clock"


def room():
    """Room on the disks of the database and of the uploaded pictures. Writing the probe takes a few hundredths of a second."""
    if not (_database_has_room() and _media_has_room()):
        yield "disk"


def _database_has_room():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT probe_disk(%s)", [DATABASE_FLOOR_MEGABYTES])
    except OperationalError as error:
        if sqlstate(error) != DISK_FULL:
            raise
        return False
    return True


def _media_has_room():
    """Whether MEDIA_ROOT, or the folder in which the first upload creates it, has room."""
    folder = settings.MEDIA_ROOT
    while not os.path.exists(folder):
        folder = os.path.dirname(folder)
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize >= MEDIA_FLOOR_MEGABYTES * 1024 * 1024


def figures():
    """The age of the figures that pages show."""
    if not LastCount.objects.filter(as_of__gte=Now() - FIGURES_AGE_LIMIT).exists():
        yield "figures"


def submissions():
    """Settling of forms, and forms that could not be settled."""
    if Submission.objects.overdue(SETTLING_LIMIT).exists():
        yield "submissions"
    for kind, count in Submission.objects.aside().values_list("kind").annotate(Count("pk")).order_by("kind"):
        yield f"aside: {count} {kind}"


def messages():
    """Messages that are due, and whether the mail servers accept any."""
    for mailer in mailers.in_use():
        of_mailer = Message.objects.of_mailer(mailer)
        late = of_mailer.queued().filter(due_at__lt=Now() - QUEUE_AGE_LIMIT).exclude(mailing__state="paused")
        if late.exists():
            only_bulk = not late.exclude(mailers.IS_BULK).exists()
            if not mailers.Mailer.is_used_up(mailer, for_bulk=only_bulk):
                yield "queue"
            # News may take days at a low quota; the page of the mailing says so.
            elif late.exclude(kind=Message.Kind.NEWS).exists():
                yield f"quota: {mailer}"
        if Message.objects.mail_is_failing(mailer):
            yield "mail"
    if settings.MAIL_IS_MISSING:
        yield "mail"


def worker():
    """The heartbeat of the worker, whether it queues news, and what it has probed: clock, certificate, who confirms."""
    fallen = ArraySubquery(FallenProvider.objects.order_by("pk").values("pk"))
    stuck = Exists(Mailing.objects.stuck())
    heartbeat = Heartbeat.objects.annotate(now=Now(), fallen=fallen, is_news_stuck=stuck).first()
    if heartbeat is None:
        yield "worker: never started"
        return
    if heartbeat.beat_at < heartbeat.now - LATE_AFTER:
        yield "worker"
    if not heartbeat.is_clock_steady or heartbeat.beat_at > heartbeat.now + CLOCK_TOLERANCE:
        yield "clock"
    if probes.has_certificate() and heartbeat.certificate_read_at:
        ends_at = heartbeat.certificate_ends_at
        if ends_at is None or ends_at < heartbeat.now + probes.ENDS_SOON:
            yield "certificate"
    if heartbeat.is_news_stuck:
        yield "news"
    for provider in heartbeat.fallen:
        yield f"confirmations: {provider or 'other domains'}"


def housekeeping():
    """Steps that failed when a worker last ran them."""
    for step in FailedStep.objects.order_by("step").values_list("step", flat=True):
        yield f"housekeeping: {step}"


def keys():
    """The listed keys against the newest rows, and a change of keys that is not finished."""
    for name in rotation.unknown_keys():
        yield f"keys: {name}"
    if Rotation.objects.exists():
        yield "rotation"


def unreadable():
    """Ciphertexts that no key opens."""
    if count := Unreadable.objects.count():
        yield f"unreadable: {count}"


def backup():
    """The last good backup, where one is expected."""
    if Backup.is_late():
        yield "backup"


CHECKS = [server, room, keys, backup, figures, submissions, messages, worker, housekeeping, unreadable]


def failed():
    """The names of the failed checks, without repetitions. After a database error the other checks would fail too."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            # The others may need what is not migrated yet.
            return ["migrations"]
        return list(dict.fromkeys(name for check in CHECKS for name in check()))
    except DatabaseError:
        return ["database"]
