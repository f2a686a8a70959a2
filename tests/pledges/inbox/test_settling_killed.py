"""A process that settles is killed with SIGKILL: every acknowledged submission is settled, and once."""

import contextlib
import os
import subprocess
import sys
import time

import pytest

from pledges.inbox.submissions import settle
from pledges.models import Message, Pledge, Submission
from tests.drill import rounds
from tests.factories import make_submission, settle_all
from tests.site import url_of_test_database
from tests.threads import TIMEOUT

# Settles one batch of 10 after the other, once it has read a line.
WORKER = """
import django
django.setup()
from pledges.inbox import submissions
submissions.BATCH_ROWS = 10
print("ready", flush=True)
input()
while submissions.settle():
    pass
"""
PEOPLE = 60


@contextlib.contextmanager
def worker():
    """A process with a connection of its own, waiting for a line of input."""
    environment = os.environ | {"DATABASE_URL": url_of_test_database(), "DJANGO_SETTINGS_MODULE": "weare1.settings"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", WORKER], env=environment, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def make_crowd(number):
    """Submissions of PEOPLE people, a third of whom have sent the form twice. Returns the number of people."""
    for person in range(PEOPLE):
        for _ in range(2 if person % 3 == 0 else 1):
            make_submission(address=f"{number}.{person}@shembull.al")
    return PEOPLE


def kill_while_settling(process):
    """Start the process and kill it once it has committed a batch, or somewhat later."""
    assert process.stdout.readline() == "ready\n"
    waiting = Submission.objects.count()
    process.stdin.write("\n")
    process.stdin.flush()
    deadline = time.monotonic() + TIMEOUT
    while Submission.objects.count() == waiting and time.monotonic() < deadline:
        pass
    time.sleep(waiting % 7 / 1000)
    process.kill()
    process.wait(TIMEOUT)


@pytest.mark.quick
@pytest.mark.drill
@pytest.mark.django_db(transaction=True)
def test_19_nothing_is_lost_or_doubled_when_a_settling_worker_is_killed():
    """Killed three times, 50 times under `bin/test -m drill`."""
    people = interrupted = 0
    for number in range(rounds(3, 50)):
        with worker() as process:
            people += make_crowd(number)
            kill_while_settling(process)
        interrupted += Submission.objects.exists()
        # Until the server has noticed the lost connection, the killed process still holds the lock.
        deadline = time.monotonic() + TIMEOUT
        while Submission.objects.exists() and time.monotonic() < deadline:
            settle() or time.sleep(0.01)
        settle_all()
        assert Pledge.objects.count() == people
        assert Message.objects.filter(kind="confirm").values("about_id").distinct().count() == people
        assert Message.objects.count() == people
    assert interrupted, "at least one was killed in the middle"
