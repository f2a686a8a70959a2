"""`manage.py metrics` in a process of its own, what it answers, and the values that labels may have."""

import contextlib
import subprocess
import urllib.request
from dataclasses import dataclass

from django.conf import settings
from django.urls import get_resolver
from prometheus_client.parser import text_string_to_metric_families

from pledges import metrics
from pledges.mail.texts import MessageKind
from pledges.models import Submission
from tests.site import TIMEOUT, ReservedPort, url_of_test_database
from tests.threads import wait_until
from tests.worker import python


def folder_of(service, folder):
    """The variable METRICS_FOLDER of a service whose metrics are below `folder`."""
    (folder / service).mkdir(parents=True, exist_ok=True)
    return {"METRICS_FOLDER": str(folder / service)}


@contextlib.contextmanager
def metrics_process(folder, database_url=None):
    """The Metrics of the process, which adds up what the services below `folder` count."""
    port = ReservedPort()
    metrics = Metrics(f"127.0.0.1:{port.number}")
    variables = {"METRICS_ADDRESS": metrics.address, "DATABASE_URL": database_url or url_of_test_database()}
    environment = folder_of("metrics", folder) | variables
    with python("manage.py", "metrics", environment=environment, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: process.poll() is not None or metrics.text())
        assert process.poll() is None
        yield metrics
    port.release()


@dataclass
class Metrics:
    """What Prometheus gets from an address."""

    address: str

    def text(self):
        """What Prometheus gets."""
        with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=TIMEOUT) as answer:
            return answer.read().decode()

    def samples(self):
        """All samples: (name, labels, value)."""
        return [
            (sample.name, sample.labels, sample.value)
            for family in text_string_to_metric_families(self.text())
            for sample in family.samples
        ]

    def sum(self, name, **labels):
        """The sum of the samples with this name and these labels; None if there is none."""
        values = [value for found, its, value in self.samples() if found == name and labels.items() <= its.items()]
        return sum(values) if values else None


def views():
    """The names of all views."""

    def walk(patterns, namespace):
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                below = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from walk(pattern.url_patterns, below)
            else:
                view = getattr(pattern.callback, "view_class", pattern.callback)
                yield namespace + (pattern.name or f"{view.__module__}.{view.__name__}")

    return {*walk(get_resolver().url_patterns, ""), metrics.NO_VIEW}


def values_of_labels():
    """{label: all values that it may have}."""
    return {
        "view": views(),
        "status": {"2xx", "3xx", "4xx", "429", "5xx"},
        "by": {"front", "django"},
        "le": {"0.01", "0.05", "0.25", "1.0", "5.0", "20.0", "+Inf"},
        "kind": {*Submission.Kind.values, *MessageKind.values},
        "mailer": set(settings.MAILERS),
        "outcome": {*("stored", "refused"), *("sent", "queued", "refused", "failing", "kept", "dropped")},
    }


def unknown_labels(samples):
    """The labels and values that no list of the code has."""
    known = values_of_labels()
    return {
        pair for _name, labels, _value in samples for pair in labels.items() if pair[1] not in known.get(pair[0], ())
    }
