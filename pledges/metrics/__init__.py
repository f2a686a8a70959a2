"""All metrics of the site, in Prometheus' format. `manage.py metrics` serves them on a private address (docs/operating.md).

Labels hold names of the code only: a view, a kind, an outcome. Never a path, a network, an address or anything that a visitor has
typed, so the number of time series is bounded by the code.
"""

import os

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, Histogram, values

if settings.METRICS_FOLDER:
    # Each process keeps its values in files there, which outlive it until the service starts anew.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = settings.METRICS_FOLDER
    values.ValueClass = values.MultiProcessValue()

# Of this process. With METRICS_FOLDER `manage.py metrics` adds up those of all.
REGISTRY = CollectorRegistry()

# Requests. Status is 2xx, 3xx, 4xx, 429 (a form above the limit of its network) or 5xx. They are answered by "front", from memory
# before Django (weare1/cache.py), or by "django". The time is that to the head of the response.
REQUESTS = Histogram(
    "weare1_request_seconds",
    "Requests by view and status, with their time.",
    ["view", "status", "by"],
    buckets=(0.01, 0.05, 0.25, 1, 5, 20),
    registry=REGISTRY,
)
EXCEPTIONS = Counter("weare1_exceptions", "Requests that ended with page 500, by view.", ["view"], registry=REGISTRY)

# The path of a pledge. Outcomes of a form: stored, or refused above the limit of its network.
FORMS = Counter("weare1_forms", "Forms that were valid, by kind and outcome.", ["kind", "outcome"], registry=REGISTRY)
CONFIRMATIONS = Counter("weare1_confirmations", "Pledges confirmed by supporters or staff.", registry=REGISTRY)
# Outcomes: see “Logs” in docs/operating.md.
MESSAGES = Counter(
    "weare1_messages",
    "Attempts to send, by mailer (a key of MAILERS), kind and outcome.",
    ["mailer", "kind", "outcome"],
    registry=REGISTRY,
)


# Of static files, redirects to https and addresses that do not exist.
NO_VIEW = "none"


def view_of(request):
    """The name of the view that answered a request, such as "pledges:sign", or NO_VIEW."""
    match = request.resolver_match
    return match.view_name if match else NO_VIEW


def times(view, status, by):
    """The Histogram of the requests like this one; `status` begins with three digits."""
    return REQUESTS.labels(view, "429" if status.startswith("429") else f"{status[0]}xx", by)
