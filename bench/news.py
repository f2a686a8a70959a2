"""News by email to 100,000 people, while the worker that sends it is killed twice."""

import subprocess
import time

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from bench import machine, rows
from bench.rounds import show, show_ratio
from bench.site import free_port
from dev import serve
from dev.errors import DevError
from pledges.models import Mailing

PEOPLE = 100_000
# Some pledges are not confirmed, or the second ones of their mailboxes.
PLEDGES = PEOPLE + PEOPLE // 10
# After so many messages it is killed.
KILLED_AFTER = (PEOPLE // 4, PEOPLE * 3 // 5)
# Between these the memory of the last worker must not grow.
MEASURED_AFTER = (PEOPLE * 7 // 10, PEOPLE * 19 // 20)
TIMEOUT = 3600  # seconds
POLL_INTERVAL = 1  # seconds
LOG = settings.VAR / "bench-worker.log"
# Kept, so that the worker asks none of these old pledges whether to keep its address.
FOLLOW_SQL = """
UPDATE pledges_pledge SET kept_at = now(), updates = id IN (
    SELECT id FROM pledges_pledge WHERE state = 'confirmed' AND slot = 1 ORDER BY id LIMIT %s
)
"""


def news(_options):
    """Recipients who got none, second copies, messages per second, and how the memory of the worker grows."""
    rows.fill(PLEDGES, readable=PLEDGES)
    port = free_port()
    sink = serve.start("-m", "bench.sink", str(port), "0", stdout=subprocess.PIPE, text=True)
    try:
        began = time.monotonic()
        resident = _send(_released_mailing(), {"MAIL_URL": f"smtp://127.0.0.1:{port}"})
        seconds = time.monotonic() - began
        sink.terminate()
        met, copies = map(int, sink.communicate(timeout=TIMEOUT)[0].split())
    finally:
        serve.stop([sink])
        rows.clean()
    without, second, grown = "news, people without it", "news, second copies", "news, memory at 95 % / at 70 %"
    show("news, with two kills and the wait for their leases", [PEOPLE / seconds])
    return {
        without: show(without, [PEOPLE - met], ""),
        second: show(second, [copies], f", at most {len(KILLED_AFTER) * settings.MAIL_CONNECTIONS}"),
        grown: show_ratio(grown, resident[1] / resident[0]),
    }


def _released_mailing():
    with transaction.atomic(), connection.cursor() as cursor:
        # Without the outbox: the rows are invented.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(FOLLOW_SQL, [PEOPLE])
    words = {f"{name}_{language}": "Lajme për matjen." for name in ("subject", "text") for language in ("sq", "en")}
    return Mailing.objects.create(state=Mailing.State.SENDING, released_at=Now(), **words)


def _send(mailing, environment):
    """Run a worker until the mailing is sent, and kill it twice; returns its resident memory, in MB, at MEASURED_AFTER."""
    kills, measures, resident = list(KILLED_AFTER), list(MEASURED_AFTER), []
    deadline = time.monotonic() + TIMEOUT
    with LOG.open("w") as log:
        worker = serve.start("manage.py", "worker", environment=environment, stderr=log)
        try:
            while True:
                time.sleep(POLL_INTERVAL)
                mailing.refresh_from_db(fields=["state"])
                sent = mailing.figures()["sent"]
                if kills and sent >= kills[0]:
                    print(f"  {sent:,} sent: killed", flush=True)
                    kills.pop(0)
                    worker.kill()
                    worker.wait()
                    worker = serve.start("manage.py", "worker", environment=environment, stderr=log)
                if not kills and measures and sent >= measures[0]:
                    measures.pop(0)
                    resident.append(machine.resident_megabytes([worker.pid]))
                    show(f"resident after {sent:,}", resident[-1:], " MB")
                if mailing.state == Mailing.State.DONE and not mailing.messages.queued().exists():
                    return resident
                if time.monotonic() > deadline:
                    raise DevError(f"The news is not sent within {TIMEOUT} seconds ({sent:,} are): see {LOG}.")
        finally:
            serve.stop([worker])
