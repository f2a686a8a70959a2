"""The process that serves metrics to Prometheus, apart from the site: it answers while all threads of the site are busy.

Prometheus gets the sums over all processes, and the state of the database, read by one statement.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import Error, connection
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from pledges import database

# A scrape waits so long for the database. Prometheus gives up after ten seconds.
DEADLINE_SECONDS = 4
# {name without "weare1_": (help, expression)}. A value that does not exist yet, such as the last count, is left out.
SCRAPED = {
    "database_connections": (
        "Connections of all clients to the database of the site.",
        "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database())",
    ),
    "database_connections_limit": (
        "Connections that PostgreSQL admits (max_connections).",
        "current_setting('max_connections')::int",
    ),
    "oldest_form_seconds": (
        "How long the oldest form that is due has waited to be settled.",
        "(SELECT greatest(extract(epoch FROM now() - min(coalesce(settle_at, created_at))), 0)::float8 "
        "FROM pledges_submission WHERE state = 'waiting')",
    ),
    "oldest_message_seconds": (
        "How long the oldest message, news aside, has been due without an attempt.",
        "(SELECT greatest(extract(epoch FROM now() - min(due_at)), 0)::float8 "
        "FROM pledges_message WHERE state = 'queued' AND mailing_id IS NULL)",
    ),
    "messages_waiting": (
        "Messages that are queued.",
        "(SELECT count(*) FROM pledges_message WHERE state = 'queued')",
    ),
    "people": (
        "People who have pledged: the published total, as last counted.",
        "(SELECT coalesce(sum((cell -> 2)::bigint), 0)::bigint "
        "FROM pledges_count, jsonb_array_elements(figures -> 'people') AS cell)",
    ),
}


class Processes:
    """A collector of the metrics of all services: the folders beside METRICS_FOLDER, and that itself."""

    def collect(self):
        files = [str(path) for path in Path(settings.METRICS_FOLDER).parent.glob("*/*.db") if path.stat().st_size]
        return MultiProcessCollector.merge(files)


def read_state():
    """The values of SCRAPED, in its order. It uses a connection for this one statement."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(expression for _help, expression in SCRAPED.values())}")
            return cursor.fetchone()
    finally:
        connection.close()


class Scraped:
    """The collector. A database that hangs keeps one thread waiting, and no scrape longer than DEADLINE_SECONDS."""

    def __init__(self):
        self._reader, self._answer = ThreadPoolExecutor(1), None

    def collect(self):
        if self._answer is None or self._answer.done():
            self._answer = self._reader.submit(read_state)
        try:
            found = self._answer.result(DEADLINE_SECONDS)
        except (TimeoutError, Error):
            found = None
        yield GaugeMetricFamily(
            "weare1_database_answers", "Whether the database has answered: 1 or 0.", int(bool(found))
        )
        for (name, (words, _expression)), value in zip(SCRAPED.items(), found or [None] * len(SCRAPED), strict=True):
            if value is not None:
                yield GaugeMetricFamily(f"weare1_{name}", words, value)


class Command(BaseCommand):
    help = "Serve metrics in Prometheus' format on METRICS_ADDRESS, a private address, until stopped."
    requires_system_checks = ()

    def handle(self, **options):
        if not (settings.METRICS_ADDRESS and settings.METRICS_FOLDER):
            raise CommandError(
                "Set METRICS_ADDRESS, such as 127.0.0.1:9464, and METRICS_FOLDER (see deploy/metrics.service)."
            )
        database.limit(database.SCRAPE_OPTIONS)
        registry = CollectorRegistry()
        for collector in (Processes(), Scraped()):
            registry.register(collector)
        host, port = settings.METRICS_ADDRESS
        _server, thread = start_http_server(port, host, registry)
        thread.join()
