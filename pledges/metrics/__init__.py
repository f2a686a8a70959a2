"""All metrics of the site, in Prometheus' format. `manage.py metrics` serves them on a private address (docs/operating.md).

Labels hold names of the code only: a view, a kind, an outcome. Never a path, a network, an address or anything that a visitor has
typed, so the number of time series is bounded by the code.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from pledges.metrics import files

files.prepare()

# Of this process. With METRICS_FOLDER the values are in files, which `pledges.metrics.files.Processes` adds up.
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
# Reasons: see `pledges.database.reason`; "deadline" is a connection that weare1.deadline has ended, "keys" a change of keys.
UNAVAILABLE = Counter(
    "weare1_unavailable", "Requests that the database or the keys refused, by reason.", ["reason"], registry=REGISTRY
)
STALE_MOMENTS = Counter(
    "weare1_stale_moments", "Pages shown from memory because the database did not answer.", registry=REGISTRY
)
CONTENT_READ = Gauge(
    "weare1_content_read_timestamp_seconds",
    "When a process last read content or figures that were new to it.",
    multiprocess_mode="max",
    registry=REGISTRY,
)

# The path of a pledge. Outcomes of a form: stored, or refused above the limit of its network.
FORMS = Counter("weare1_forms", "Forms that were valid, by kind and outcome.", ["kind", "outcome"], registry=REGISTRY)
CHALLENGES = Counter(
    "weare1_challenges", "Challenges issued, and solutions accepted or refused.", ["outcome"], registry=REGISTRY
)
SETTLED = Counter("weare1_settled_forms", "Forms that the worker has settled or set aside.", registry=REGISTRY)
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


# Read when Prometheus asks (pledges/metrics/scraped.py): {name without "weare1_": help}. A value that does not exist yet, such as
# the age of the last backup before the first one, is left out.
SCRAPED = {
    "media_free_bytes": "Free space where MEDIA_ROOT is.",
    "database_answers": "Whether the database has answered this scrape: 1 or 0. Without an answer all that follow are left out.",
    "database_connections": "Connections of all clients to the database of the site.",
    "database_connections_limit": "Connections that PostgreSQL admits (max_connections).",
    "oldest_form_seconds": "How long the oldest form that is due has waited to be settled.",
    "forms_waiting": "Forms that wait to be settled, also in the slow lane.",
    "forms_aside": "Forms that could not be settled.",
    "oldest_message_seconds": "How long the oldest message, news aside, has been due without an attempt.",
    "messages_waiting": "Messages that are queued.",
    "messages_given_up": "Messages that were refused or given up within 30 days.",
    "heartbeat_age_seconds": "Time since the last heartbeat of a worker.",
    "failed_steps": "Housekeeping steps that failed when a worker last ran them.",
    "figures_age_seconds": "How old the count is that pages show.",
    "backup_age_seconds": "Time since the last good backup.",
    "erasures_copied_age_seconds": "Time since erasures were last copied beside the backups.",
    "certificate_left_seconds": "Time until the certificate of SITE_URL ends, as the worker last saw it.",
    "people": "People who have pledged: the published total, as last counted.",
}
