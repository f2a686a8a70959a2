"""What is read when Prometheus asks: the state of the database, by one statement, and room on the disk."""

import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.conf import settings
from django.db import Error, connection
from prometheus_client.core import GaugeMetricFamily

from pledges.metrics import SCRAPED

# An answer of the database is repeated for so many seconds, however many ask.
CACHED_SECONDS = 5
# A scrape waits so long for the database. Prometheus gives up after ten seconds.
DEADLINE_SECONDS = 4
# Each column is a key of SCRAPED.
STATE_SQL = """
SELECT
    (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS database_connections,
    current_setting('max_connections')::int AS database_connections_limit,
    form.*,
    (SELECT count(*) FROM pledges_submission WHERE state = 'aside') AS forms_aside,
    message.*,
    (SELECT count(*) FROM pledges_message WHERE state IN ('failing', 'refused')) AS messages_given_up,
    heartbeat.*,
    (SELECT count(*) FROM pledges_failedstep) AS failed_steps,
    count.*,
    backup.*
FROM
    (SELECT
        greatest(extract(epoch FROM now() - min(coalesce(settle_at, created_at))), 0)::float8 AS oldest_form_seconds,
        count(*) AS forms_waiting
     FROM pledges_submission WHERE state = 'waiting') form,
    (SELECT
        greatest(extract(epoch FROM now() - min(due_at) FILTER (WHERE mailing_id IS NULL)), 0)::float8
            AS oldest_message_seconds,
        count(*) AS messages_waiting
     FROM pledges_message WHERE state = 'queued') message,
    (SELECT
        extract(epoch FROM now() - max(beat_at))::float8 AS heartbeat_age_seconds,
        extract(epoch FROM max(certificate_ends_at) - now())::float8 AS certificate_left_seconds
     FROM pledges_heartbeat) heartbeat,
    (SELECT
        extract(epoch FROM now() - as_of)::float8 AS figures_age_seconds,
        (SELECT coalesce(sum((cell -> 2)::bigint), 0)::bigint FROM jsonb_array_elements(figures -> 'people') AS cell) AS people
     FROM pledges_count) count,
    (SELECT
        extract(epoch FROM now() - max(made_at))::float8 AS backup_age_seconds,
        extract(epoch FROM now() - max(copied_at))::float8 AS erasures_copied_age_seconds
     FROM pledges_backup) backup
"""


def read_state():
    """{name: number or None} of what the database knows. It uses a connection for this one statement."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(STATE_SQL)
            return dict(zip([column.name for column in cursor.description], cursor.fetchone(), strict=True))
    finally:
        connection.close()


class Scraped:
    """The collector. A database that hangs keeps one thread waiting, and no scrape longer than DEADLINE_SECONDS."""

    def __init__(self, read=read_state):
        self._read = read
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="scrape")
        self._lock = threading.Lock()
        self._answer, self._asked_at = None, 0

    def collect(self):
        """A family for each value that there is."""
        state = self._state()
        found = {"media_free_bytes": free_bytes(), "database_answers": int(state is not None)} | (state or {})
        for name, value in found.items():
            if value is not None:
                yield GaugeMetricFamily(f"weare1_{name}", SCRAPED[name], value)

    def _state(self):
        with self._lock:
            is_old = time.monotonic() > self._asked_at + CACHED_SECONDS
            if self._answer is None or (self._answer.done() and is_old):
                self._answer, self._asked_at = self._reader.submit(self._read), time.monotonic()
            answer = self._answer
        try:
            return answer.result(DEADLINE_SECONDS)
        except (TimeoutError, Error):
            return None


def free_bytes():
    """Free bytes where MEDIA_ROOT is, or where its first upload creates it."""
    folder = Path(settings.MEDIA_ROOT)
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
