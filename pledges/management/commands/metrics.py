"""The process that serves metrics to Prometheus, apart from the site: it answers while all threads of the site are busy."""

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from prometheus_client import CollectorRegistry, start_http_server

from pledges import database
from pledges.metrics.scraped import Processes, Scraped


class Command(BaseCommand):
    """Serve the metrics of all processes on METRICS_ADDRESS until stopped."""

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
