"""/readyz says when messages do not get out, when the worker is gone and which housekeeping steps fail."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from campaign.models.pictures import FOLDER
from pledges.management.commands.worker import Housekeeper
from pledges.models import Attempt, FailedStep, Heartbeat, Message, Pledge
from staff.models import SignInAttempt
from tests.clock import let_time_pass
from tests.factories import make_pledge, run_worker
from tests.smtp import MailServer
from tests.threads import at_once

pytestmark = pytest.mark.django_db

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def server(settings):
    with MailServer() as server:
        settings.MAILERS = server.mailers()
        yield server


def wrong(client):
    response = client.get("/readyz")
    found = response.json()
    assert response.status_code == (503 if found["wrong"] else 200) and found["ready"] == (not found["wrong"])
    return found["wrong"]


def queue(count=1):
    for _ in range(count):
        Message.queue("confirm", make_pledge())


def test_a_site_that_has_sent_nothing_yet_is_well(client):
    queue()
    assert wrong(client) == []


def test_a_mail_server_that_turns_us_away_is_told_after_a_quarter_of_an_hour_until_one_gets_through(client, server):
    server.answers = {"MAIL": "550 we do not know you"}
    queue()
    run_worker()
    assert wrong(client) == [], "it may be restarting"
    let_time_pass(16 * MINUTE)
    run_worker()
    assert wrong(client) == ["mail"]
    server.answers = {}
    queue()
    run_worker()
    assert wrong(client) == []


def test_a_single_mailbox_that_takes_nothing_is_no_alarm(client, server):
    server.answers = {"RCPT": "451 mailbox is busy"}
    queue(19)
    run_worker()
    let_time_pass(16 * MINUTE)
    run_worker()
    assert wrong(client) == []


def test_twenty_refused_in_a_row_are_one(client, server):
    server.answers = {"RCPT": "554 relay access denied"}
    queue(20)
    run_worker()
    assert Message.objects.failing().count() == 20 and wrong(client) == ["mail"]
    server.answers = {}
    queue()
    run_worker()
    assert wrong(client) == []


def test_a_message_that_staff_queue_again_has_a_quarter_of_an_hour_again(client):
    queue()
    let_time_pass(4 * DAY)
    Message.objects.update(state="failing", attempts=14, error="TimeoutError", tried_at=timezone.now())
    assert wrong(client) == ["mail"]
    before = Message.objects.get().created_at
    Message.objects.all().send_again()
    assert wrong(client) == [] and Message.objects.get().created_at == before


def test_a_worker_that_was_there_and_is_gone_is_missed(client):
    assert wrong(client) == [], "none was ever started"
    Heartbeat.beat()
    Heartbeat.objects.update(beat_at=timezone.now() - 3 * MINUTE)
    assert wrong(client) == ["worker"]
    Heartbeat.beat()
    assert Heartbeat.objects.count() == 1 and wrong(client) == []


@pytest.mark.django_db(transaction=True)
def test_the_worker_gives_its_sign_of_life_as_soon_as_it_starts():
    housekeeper = Housekeeper()
    housekeeper.start()
    deadline = time.monotonic() + 20
    while not Heartbeat.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    housekeeper.stopped.set()
    housekeeper.join(20)
    assert Heartbeat.objects.count() == 1 and not Heartbeat.is_late()


# Housekeeping


def keep_house():
    """One round of the worker, in a thread and on a connection of its own."""
    at_once(Housekeeper().run_housekeeping)


@pytest.fixture
def away():
    """Take a model's table away; the function brings it back."""
    renamed = []

    def rename(model, back=False):
        names = [model._meta.db_table, f"{model._meta.db_table}_away"]
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE {} RENAME TO {}".format(*(reversed(names) if back else names)))
        renamed.remove(model) if back else renamed.append(model)
        return lambda: rename(model, back=True)

    yield rename
    for model in list(renamed):
        rename(model, back=True)


@pytest.mark.django_db(transaction=True)
def test_a_step_that_fails_does_not_stop_the_others(away):
    make_pledge()
    SignInAttempt.admit("zana@shembull.al", "192.0.2.1")
    let_time_pass(15 * DAY)
    SignInAttempt.objects.update(at=timezone.now() - 2 * DAY)
    away(Attempt)
    keep_house()
    # One step of the same app, and one of another app that runs later.
    assert not Pledge.objects.exists() and not SignInAttempt.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_readyz_names_the_failing_steps_until_they_work_again(client, away):
    keep_house()
    assert wrong(client) == []
    bring_back_attempts, bring_back_sign_ins = away(Attempt), away(SignInAttempt)
    keep_house()
    first, second = "pledges.housekeeping.erase_attempts", "staff.housekeeping.erase_sign_in_attempts"
    assert wrong(client) == [f"housekeeping: {first}", f"housekeeping: {second}"]
    assert set(FailedStep.objects.values_list("step", "error")) == {
        (first, "ProgrammingError"),
        (second, "ProgrammingError"),
    }
    bring_back_attempts()
    keep_house()
    assert wrong(client) == [f"housekeeping: {second}"]
    bring_back_sign_ins()
    keep_house()
    assert wrong(client) == []


@pytest.mark.django_db(transaction=True)
def test_a_step_that_keeps_failing_is_dated_by_its_last_failure(client, away):
    away(Attempt)
    keep_house()
    before = FailedStep.objects.get().failed_at
    keep_house()
    assert FailedStep.objects.get().failed_at > before


@pytest.mark.django_db(transaction=True)
def test_of_a_failing_step_only_the_kind_of_the_error_is_logged_and_kept(client, caplog):
    library = Path(settings.MEDIA_ROOT) / FOLDER
    before = library.rename(library.with_name("before")) if library.exists() else None
    library.write_text("no folder")
    try:
        keep_house()
    finally:
        library.unlink()
        if before:
            before.rename(library)
    step = "campaign.housekeeping.delete_orphaned_files"
    assert wrong(client) == [f"housekeeping: {step}"]
    assert FailedStep.objects.get().error == "NotADirectoryError"
    assert f"{step}: NotADirectoryError" in caplog.text and settings.MEDIA_ROOT not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_failed_step_that_the_next_release_no_longer_has_is_not_named_for_ever(client):
    FailedStep.record("pledges.housekeeping.step_of_before", ValueError("arta@shembull.al"))
    assert wrong(client) == ["housekeeping: pledges.housekeeping.step_of_before"]
    keep_house()
    assert wrong(client) == []
