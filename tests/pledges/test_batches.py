"""Batches: many pledges changed by the worker step by step, exactly counted at every moment, and undone as a whole."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django_tasks_db.models import DBTaskResult

from pledges import housekeeping
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Batch, BatchRow, Pledge
from pledges.models import batches as batches_module
from pledges.totals import tally
from staff.models import AuditEntry
from tests.clock import let_time_pass
from tests.factories import make_pledge, make_staff, run_worker
from tests.threads import PATIENCE, at_once, begin, held_open

pytestmark = pytest.mark.django_db

INVALIDATE, CONFIRM, RESTORE = Batch.Kind.INVALIDATE, Batch.Kind.CONFIRM, Batch.Kind.RESTORE


@pytest.fixture
def small_steps(monkeypatch):
    """Steps of three pledges, so that a handful takes several."""
    monkeypatch.setattr(batches_module, "ROWS_PER_STEP", 3)


def start(kind=INVALIDATE, pledges=None, user=None):
    return Batch.begin(kind, Pledge.objects.all() if pledges is None else pledges, user, Batch.Chosen.SELECTION)


def done(kind=INVALIDATE, pledges=None, user=None):
    batch = start(kind, pledges, user)
    batch.finish()
    return batch


def undo(batch, user=None):
    assert batch.undo(user)
    batch.finish()
    return batch


def total():
    assert tally.differences() == []
    return tally.read().total


def looks(*pledges):
    """What a batch may change of these, as it is now."""
    fields = ("state", "created_at", "expires_at", "confirmed_at", "invalidated_at")
    fields += ("sector_id", "county_id", "link_version")
    return list(Pledge.objects.filter(pk__in=[pledge.pk for pledge in pledges]).order_by("pk").values_list(*fields))


# Doing and undoing


def test_each_kind_changes_what_it_is_for_and_undoing_brings_back_exactly_that():
    pledges = [make_pledge(state=state) for state in ("pending", "pending", "confirmed", "invalidated")]
    before, counted = looks(*pledges), total()
    for kind, changed in ((CONFIRM, 2), (INVALIDATE, 3), (RESTORE, 1)):
        batch = done(kind)
        assert (batch.state, batch.count, batch.changed, batch.skipped) == ("done", changed, changed, 0)
        assert looks(*pledges) != before
        undo(batch)
        assert (batch.state, batch.undone, batch.kept) == ("undone", changed, 0)
        assert looks(*pledges) == before
        assert total() == counted


def test_the_totals_are_exact_after_each_step(small_steps):
    for _ in range(8):
        make_pledge(state="confirmed")
    batch, seen = start(), []
    while batch.step():
        seen.append(total())
    assert (seen, total()) == ([5, 2], 0)
    batch.undo(None)
    seen = [total()]
    while batch.step():
        seen.append(total())
    assert (seen, total()) == ([0, 3, 6], 8)


def test_what_was_signed_after_the_choice_is_not_touched():
    make_pledge(state="confirmed")
    batch = start()
    later = make_pledge(state="confirmed")
    batch.finish()
    later.refresh_from_db()
    assert (later.state, batch.changed) == ("confirmed", 1)


def test_erased_and_changed_ones_are_left_out_and_counted(small_steps):
    pledges = [make_pledge(state="confirmed") for _ in range(8)]
    batch = start()
    pledges[0].withdraw()
    Pledge.objects.filter(pk=pledges[1].pk).invalidate()
    batch.finish()
    assert (batch.count, batch.changed, batch.skipped) == (8, 6, 2)
    pledges[2].withdraw()
    Pledge.objects.filter(pk=pledges[3].pk).restore()
    undo(batch)
    assert (batch.undone, batch.kept) == (4, 2)
    states = dict(Pledge.objects.values_list("pk", "state"))
    assert (states[pledges[1].pk], states[pledges[3].pk]) == ("invalidated", "confirmed")
    assert total() == 6 - 1


def test_a_pledge_that_waited_and_was_confirmed_meanwhile_is_invalidated_as_chosen_and_comes_back_confirmed():
    pledge = make_pledge()
    batch = start()
    pledge.confirm()
    batch.finish()
    assert total() == 0
    undo(batch)
    assert total() == 1


def test_a_supporter_who_confirmed_after_restoring_is_left_alone_by_the_undoing():
    pledge = make_pledge()
    done(INVALIDATE)
    restored = done(RESTORE)
    pledge.confirm()
    undo(restored)
    pledge.refresh_from_db()
    assert (pledge.state, restored.kept) == ("confirmed", 1)


def test_a_supporter_who_confirmed_what_a_batch_had_confirmed_is_left_alone_by_the_undoing(client):
    """They have read "now you are counted": nothing that staff take back later makes that untrue."""
    pledge, other = make_pledge(), make_pledge()
    batch = done(CONFIRM)
    for _ in range(2):
        page = client.post(links.path(Purpose.CONFIRM, pledge), headers={"sec-fetch-site": "same-origin"})
        assert page.status_code == 200
    undo(batch)
    assert (batch.undone, batch.kept, total()) == (1, 1, 1)
    assert (looks(pledge)[0][0], looks(other)[0][0]) == ("confirmed", "pending")


def test_a_confirmation_long_ago_stays_as_old_as_it_is(client):
    pledge = make_pledge(state="confirmed", confirmed_at=Now() - timedelta(days=3))
    before = looks(pledge)
    client.post(links.path(Purpose.CONFIRM, pledge), headers={"sec-fetch-site": "same-origin"})
    assert looks(pledge) == before


def test_what_a_later_batch_changed_is_left_alone_until_that_one_is_undone():
    pledge, other = make_pledge(state="confirmed"), make_pledge(state="confirmed")
    first = done(INVALIDATE)
    again = done(RESTORE, Pledge.objects.filter(pk=pledge.pk))
    third = done(INVALIDATE, Pledge.objects.filter(pk=pledge.pk))
    undo(first)
    assert (first.undone, first.kept) == (1, 1)
    states = dict(Pledge.objects.values_list("pk", "state"))
    assert states == {pledge.pk: "invalidated", other.pk: "confirmed"}
    undo(third)
    assert total() == 2
    undo(again)
    assert looks(pledge)[0][0] == "invalidated"


@pytest.mark.parametrize(("kind", "state"), [(CONFIRM, "pending"), (RESTORE, "invalidated")])
def test_a_batch_undone_after_a_later_one_restored_the_same_pledges_leaves_them_alone(kind, state):
    pledges = [make_pledge(state=state) for _ in range(2)]
    first = done(kind)
    done(INVALIDATE)
    done(RESTORE)
    before = looks(*pledges)
    undo(first)
    assert (first.undone, first.kept) == (0, 2)
    assert looks(*pledges) == before
    assert total() == 2


def test_an_invalidation_that_a_later_batch_restored_is_not_restored_again():
    pledge = make_pledge(state="confirmed")
    first = done(INVALIDATE)
    done(RESTORE)
    before = looks(pledge)
    undo(first)
    assert (first.undone, first.kept) == (0, 1)
    assert looks(pledge) == before and total() == 1


def test_a_later_batch_that_was_undone_is_no_reason_to_leave_a_pledge_alone():
    make_pledge(state="confirmed")
    first = done(INVALIDATE)
    undo(done(RESTORE))
    undo(first)
    assert (first.undone, total()) == (1, 1)


def test_restoring_is_undone_to_the_very_moment_of_the_invalidation():
    pledge = make_pledge(state="invalidated")
    Pledge.objects.update(invalidated_at=F("invalidated_at") - timedelta(days=5))
    before = looks(pledge)
    undo(done(RESTORE))
    assert looks(pledge) == before


def test_it_is_undone_once():
    make_pledge(state="confirmed")
    batch = undo(done())
    assert not batch.undo(None)
    assert not batch.step()
    assert batch.undone == 1


# Stopping, failing, going on


def test_a_stopped_batch_keeps_what_it_did_and_can_be_undone(small_steps):
    for _ in range(8):
        make_pledge(state="confirmed")
    batch = start()
    batch.step()
    assert batch.cancel()
    assert not batch.step()
    assert not batch.cancel()
    batch.refresh_from_db()
    assert (batch.state, batch.changed, total()) == ("cancelled", 3, 5)
    undo(batch)
    assert total() == 8


def test_the_worker_does_it_and_undoes_it(small_steps):
    for _ in range(8):
        make_pledge(state="confirmed")
    batch = start()
    batch.enqueue()
    run_worker()
    assert total() == 0
    batch.refresh_from_db()
    assert batch.state == "done"
    batch.undo(None)
    batch.enqueue()
    run_worker()
    assert total() == 8


def test_the_worker_takes_turns_with_other_tasks(small_steps, monkeypatch):
    monkeypatch.setattr("pledges.tasks.BATCH_SECONDS", 0)
    for _ in range(8):
        make_pledge(state="confirmed")
    batch = start()
    batch.enqueue()
    run_worker()
    # One task for each of three steps, and another could have come between.
    assert DBTaskResult.objects.filter(task_path="pledges.tasks.run_batch").count() == 3
    assert total() == 0


@pytest.fixture
def refusing_database():
    """A database that refuses to invalidate."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE pledges_pledge ADD CONSTRAINT no_more CHECK (state <> 'invalidated') NOT VALID")
        yield lambda: cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE pledges_pledge DROP CONSTRAINT no_more"
        )


def test_a_batch_that_meets_an_error_stops_says_its_kind_and_can_be_tried_again(refusing_database):
    make_pledge(state="confirmed")
    batch = start()
    batch.enqueue()
    run_worker()
    batch.refresh_from_db()
    assert (batch.state, batch.error, batch.changed, total()) == ("failed", "IntegrityError", 0, 1)
    refusing_database()
    assert batch.resume()
    batch.enqueue()
    run_worker()
    batch.refresh_from_db()
    assert (batch.state, batch.error, total()) == ("done", "", 0)


def test_a_lost_task_is_found_and_one_that_waits_is_not_doubled():
    make_pledge(state="confirmed")
    start()
    assert housekeeping.resume_batches() == 0
    let_time_pass(timedelta(minutes=3))
    assert housekeeping.resume_batches() == 1
    assert housekeeping.resume_batches() == 0
    run_worker()
    assert total() == 0


# On record


def test_what_was_changed_and_undone_is_on_record_by_whom_and_holds_ids_only():
    pledges = [make_pledge(state="confirmed") for _ in range(3)]
    user, other = make_staff(), make_staff()
    batch = done(user=user)
    undo(batch, other)
    did, undid = AuditEntry.objects.order_by("pk")
    ids = {pledge.pk for pledge in pledges}
    assert (did.user_id, set(did.subject_ids), did.details) == (user.pk, ids, {"batch": batch.pk, "kind": "invalidate"})
    assert (undid.user_id, set(undid.subject_ids), undid.details["undo"]) == (other.pk, ids, True)


def test_a_batch_outlives_the_account_of_whoever_began_it():
    make_pledge(state="confirmed")
    user = make_staff()
    batch = done(user=user)
    User.objects.filter(pk=user.pk).delete()
    undo(Batch.objects.get(pk=batch.pk))
    assert total() == 1


# What the database refuses


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "done"},
        {"state": "undone", "ended_at": Now()},
        {"undo_asked_at": Now()},
        {"changed": 2, "count": 1},
        {"count": 3, "changed": 1, "undone": 2},
    ],
)
def test_states_times_and_counts_belong_together(wrong):
    batch = start()
    with pytest.raises(IntegrityError), transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(**wrong)


# Several at once, and killed


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_workers_at_one_batch_do_each_step_once(self, small_steps):
        for _ in range(20):
            make_pledge(state="confirmed")
        batch = start()
        batch.enqueue()
        for _ in range(10):
            at_once(batch.step, batch.step)
        batch.refresh_from_db()
        assert (batch.state, batch.changed, batch.skipped, total()) == ("done", 20, 0, 0)

    def test_two_batches_with_the_same_pledges_change_each_once(self, small_steps):
        for _ in range(20):
            make_pledge(state="confirmed")
        first, second = start(), start()
        at_once(first.finish, second.finish)
        assert (first.changed + second.changed, first.skipped + second.skipped) == (20, 20)
        assert total() == 0
        at_once(*(lambda batch=batch: batch.undo(None) and batch.finish() for batch in (first, second)))
        assert total() == 20

    def test_a_withdrawal_of_the_same_moment_is_waited_for_and_not_undone(self):
        pledge, other = make_pledge(state="confirmed"), make_pledge(state="confirmed")
        batch = start()
        with held_open(pledge.withdraw):
            waiting = begin(batch.finish)
            assert not waiting.done()
        waiting.result(PATIENCE)
        batch.refresh_from_db()
        assert (batch.changed, batch.skipped) == (1, 1)
        assert list(Pledge.objects.values_list("pk", flat=True)) == [other.pk]

    def test_a_supporter_who_confirms_while_it_is_invalidated_waits_and_does_not_count(self):
        pledge = make_pledge()
        batch = start()
        with held_open(batch.finish):
            confirming = begin(pledge.confirm)
        assert confirming.result(PATIENCE) is False
        assert total() == 0

    def test_a_worker_killed_anywhere_leaves_nothing_half_done(self):
        """Three times kill -9 in the middle; the next worker goes on, and at the end all is exact."""
        copies(make_pledge(state="confirmed", sector="parents"), 6000)
        counted = total()
        batch = start()
        for _ in range(3):
            work_and_be_killed(batch)
            assert total() == counted - batch.changed
        assert 0 < batch.changed < counted
        batch.finish()
        assert (batch.state, batch.changed, total()) == ("done", counted, 0)
        batch.undo(None)
        work_and_be_killed(batch)
        assert 0 < batch.undone < counted
        assert total() == batch.undone
        batch.finish()
        assert (batch.undone, batch.kept, total()) == (counted, 0, counted)
        assert BatchRow.objects.filter(undone_at=None).count() == 0
        noted = AuditEntry.objects.filter(action="change").values_list("subject_ids", flat=True)
        assert sum(map(len, noted)) == 2 * counted


def copies(pledge, number):
    """So many pledges like this one, with digests of their own; their persons cannot be read."""
    columns = [field.column for field in Pledge._meta.concrete_fields]
    new = {"id": "gen_random_uuid()"} | {
        column: f"sha256(('{column}' || n)::bytea)" for column in columns if column.endswith(("_digest", "_last"))
    }
    new["network_digest"] = "NULL"
    chosen = ", ".join(new.get(column, column) for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO pledges_pledge ({', '.join(columns)}) "
            f"SELECT {chosen} FROM pledges_pledge, generate_series(1, %s) n WHERE id = %s",
            [number, pledge.pk],
        )


WORKER = """
import django
django.setup()
from pledges.models import Batch, batches
batches.ROWS_PER_STEP = 200
Batch(pk={pk}).finish()
"""


def work_and_be_killed(batch):
    """Let another process work on it, and kill that without warning as soon as it has done something."""
    batch.refresh_from_db()
    before = (batch.changed, batch.undone)
    settings = connection.settings_dict
    address = f"postgres://{settings['USER']}@/{settings['NAME']}?host={settings['HOST']}"
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER.format(pk=batch.pk)],
        env=os.environ | {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "weare1.settings"},
    )
    deadline = time.monotonic() + PATIENCE
    while (batch.changed, batch.undone) == before and time.monotonic() < deadline:
        batch.refresh_from_db()
    worker.send_signal(signal.SIGKILL)
    worker.wait(PATIENCE)
    # What it was in the middle of is rolled back once the server notices.
    with transaction.atomic():
        Batch.objects.select_for_update().get(pk=batch.pk)
    batch.refresh_from_db()
    assert (batch.changed, batch.undone) != before


def test_the_totals_check_agrees_after_batches(capsys):
    make_pledge(state="confirmed")
    undo(done())
    call_command("check_totals")
    assert "1" in capsys.readouterr().out
