"""Batches: bulk changes, exact totals after each, undo, stopping, and what fails or is killed in the middle."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Batch, Pledge
from staff.models import Entry
from tests.factories import keep_house, make_copies, make_pledge, make_staff, refuse_rows, run_worker
from tests.tally import exact_total
from tests.threads import TIMEOUT, at_once, begin, held_open, is_any_backend_blocked, lock_table, wait_until
from tests.worker import script

pytestmark = pytest.mark.django_db

INVALIDATE, CONFIRM, RESTORE = Batch.Kind.INVALIDATE, Batch.Kind.CONFIRM, Batch.Kind.RESTORE


def begin_batch(kind=INVALIDATE, pledges=None, user=None):
    return Batch.begin(kind, Pledge.objects.all() if pledges is None else pledges, user, Batch.Chosen.SELECTION)


def run_batch(kind=INVALIDATE, pledges=None, user=None):
    batch = begin_batch(kind, pledges, user)
    batch.finish()
    return batch


def undo(batch, user=None):
    assert batch.undo(user)
    batch.finish()
    return batch


def rows_of(*pledges):
    """The columns that a batch may change, of these pledges."""
    fields = ("state", "created_at", "expires_at", "confirmed_at", "invalidated_at")
    fields += ("sector_id", "county_id", "link_version")
    return list(Pledge.objects.filter(pk__in=[pledge.pk for pledge in pledges]).order_by("pk").values_list(*fields))


def test_undoing_a_batch_of_any_kind_restores_every_pledge_exactly():
    pledges = [make_pledge(state=state) for state in ("pending", "pending", "confirmed", "invalidated")]
    before, counted = rows_of(*pledges), exact_total()
    for kind, changed in ((CONFIRM, 2), (INVALIDATE, 3), (RESTORE, 1)):
        batch = run_batch(kind)
        assert (batch.state, batch.count, batch.changed, batch.skipped) == ("done", changed, changed, 0)
        assert rows_of(*pledges) != before
        undo(batch)
        assert (batch.state, batch.undone, batch.kept) == ("undone", changed, 0)
        assert rows_of(*pledges) == before
        assert exact_total() == counted


def test_only_what_was_selected_is_changed_and_what_changed_since_is_skipped_and_counted():
    pledges = [make_pledge(state="confirmed") for _ in range(6)] + [make_pledge()]
    batch = begin_batch()
    later = make_pledge(state="confirmed")
    pledges[0].withdraw()
    Pledge.objects.filter(pk=pledges[1].pk).invalidate()
    pledges[6].confirm()
    batch.finish()
    assert (batch.count, batch.changed, batch.skipped, exact_total()) == (7, 5, 2, 1)
    pledges[2].withdraw()
    Pledge.objects.filter(pk=pledges[3].pk).restore()
    undo(batch)
    assert (batch.undone, batch.kept) == (3, 2)
    states = dict(Pledge.objects.values_list("pk", "state"))
    assert [states[pledges[n].pk] for n in (1, 3, 6)] == ["invalidated", "confirmed", "confirmed"]
    assert states[later.pk] == "confirmed" and exact_total() == 5


def test_undo_keeps_a_pledge_that_its_supporter_confirmed_too(client):
    """The supporter has read "you are counted". An undo by staff must not make that untrue."""
    pledge, other = make_pledge(), make_pledge()
    batch = run_batch(CONFIRM)
    for _ in range(2):
        page = client.post(links.path(Purpose.CONFIRM, pledge), headers={"sec-fetch-site": "same-origin"})
        assert page.status_code == 200
    undo(batch)
    assert (batch.undone, batch.kept, exact_total()) == (1, 1, 1)
    assert (rows_of(pledge)[0][0], rows_of(other)[0][0]) == ("confirmed", "pending")


def test_confirming_again_does_not_change_the_time_of_an_old_confirmation(client):
    pledge = make_pledge(state="confirmed", confirmed_at=Now() - timedelta(days=3))
    before = rows_of(pledge)
    client.post(links.path(Purpose.CONFIRM, pledge), headers={"sec-fetch-site": "same-origin"})
    assert rows_of(pledge) == before


def test_undo_skips_a_pledge_until_later_batches_are_undone():
    pledge, other = make_pledge(state="confirmed"), make_pledge(state="confirmed")
    first = run_batch(INVALIDATE)
    again = run_batch(RESTORE, Pledge.objects.filter(pk=pledge.pk))
    third = run_batch(INVALIDATE, Pledge.objects.filter(pk=pledge.pk))
    undo(first)
    assert (first.undone, first.kept) == (1, 1)
    states = dict(Pledge.objects.values_list("pk", "state"))
    assert states == {pledge.pk: "invalidated", other.pk: "confirmed"}
    undo(third)
    assert exact_total() == 2
    undo(again)
    assert rows_of(pledge)[0][0] == "invalidated"


@pytest.mark.parametrize(("kind", "state"), [(CONFIRM, "pending"), (RESTORE, "invalidated"), (INVALIDATE, "confirmed")])
def test_undo_skips_pledges_that_a_later_batch_restored(kind, state):
    pledges = [make_pledge(state=state) for _ in range(2)]
    first = run_batch(kind)
    run_batch(INVALIDATE)
    run_batch(RESTORE)
    before = rows_of(*pledges)
    undo(first)
    assert (first.undone, first.kept) == (0, 2)
    assert rows_of(*pledges) == before
    assert exact_total() == 2


def test_an_undone_later_batch_does_not_prevent_undo():
    make_pledge(state="confirmed")
    first = run_batch(INVALIDATE)
    Pledge.objects.update(invalidated_at=F("invalidated_at") - timedelta(microseconds=1))
    before = rows_of(*Pledge.objects.all())
    undo(run_batch(RESTORE))
    assert rows_of(*Pledge.objects.all()) == before, "with the time of invalidation"
    undo(first)
    assert (first.undone, exact_total()) == (1, 1)
    assert not first.undo(None), "only once"


def test_one_that_was_not_done_yet_is_stopped_and_never_done():
    make_pledge(state="confirmed")
    user = make_staff()
    batch = begin_batch()
    assert batch.undo(user) and not batch.undo(user)
    batch.finish()
    batch.refresh_from_db()
    assert (batch.state, batch.changed, batch.undone_by, exact_total()) == ("undone", 0, user, 1)
    [entry] = Entry.objects.all()
    assert (entry.object_id, entry.details) == (str(batch.pk), {"step": "cancel"})


def test_a_failed_batch_says_so_and_housekeeping_does_it_once_that_is_possible():
    accept = refuse_rows("pledges_pledge", "state = 'invalidated'")
    make_pledge(state="confirmed")
    batch = begin_batch()
    keep_house()
    run_worker()
    batch.refresh_from_db()
    assert (batch.state, batch.error, batch.changed, exact_total()) == ("waiting", "IntegrityError", 0, 1)
    assert not Entry.objects.exists(), "nothing is half done"
    accept()
    keep_house()
    run_worker()
    batch.refresh_from_db()
    assert (batch.state, batch.error, exact_total()) == ("done", "", 0)
    assert batch.undo(None)
    keep_house()
    run_worker()
    assert exact_total() == 1


def test_changes_and_undo_are_logged_with_user_and_pledge_ids_also_once_the_account_is_gone():
    ids = {make_pledge(state="confirmed").pk for _ in range(3)}
    user, other = make_staff(), make_staff()
    batch = run_batch(user=user)
    User.objects.filter(pk=user.pk).delete()
    undo(Batch.objects.get(pk=batch.pk), other)
    did, undid = Entry.objects.order_by("pk")
    assert did.object_id == undid.object_id == str(batch.pk)
    assert (did.user_id, set(did.subject_ids), did.details) == (user.pk, ids, {"step": "invalidate"})
    assert (undid.user_id, set(undid.subject_ids), undid.details) == (other.pk, ids, {"step": "undo"})


@pytest.mark.django_db(transaction=True)
class TestConcurrency:
    def test_two_workers_do_a_batch_once(self):
        for _ in range(20):
            make_pledge(state="confirmed")
        batch = begin_batch()
        at_once(*(Batch.objects.get(pk=batch.pk).finish for _ in range(2)))
        batch.refresh_from_db()
        assert (batch.state, batch.changed, batch.skipped, exact_total()) == ("done", 20, 0, 0)
        assert Entry.objects.get(action="change").count == 20

    def test_two_batches_with_the_same_pledges_change_each_once(self):
        for _ in range(20):
            make_pledge(state="confirmed")
        first, second = begin_batch(), begin_batch()
        at_once(first.finish, second.finish)
        assert (first.changed + second.changed, first.skipped + second.skipped) == (20, 20)
        assert exact_total() == 0
        at_once(*(lambda batch=batch: batch.undo(None) and batch.finish() for batch in (first, second)))
        assert exact_total() == 20

    def test_a_batch_waits_for_a_concurrent_withdrawal(self):
        pledge, other = make_pledge(state="confirmed"), make_pledge(state="confirmed")
        batch = begin_batch()
        with held_open(pledge.withdraw):
            waiting = begin(batch.finish)
            assert not waiting.done()
        waiting.result(TIMEOUT)
        batch.refresh_from_db()
        assert (batch.changed, batch.skipped) == (1, 1)
        assert list(Pledge.objects.values_list("pk", flat=True)) == [other.pk]


WORKER = """
import django
django.setup()
from pledges.models import Batch
print("ready", flush=True)
Batch(pk=input()).finish()
"""


@pytest.fixture
def workers(transactional_db):
    """Two processes, started at the same time. Each runs the batch whose id it reads from its standard input."""
    with script(WORKER) as one, script(WORKER) as other:
        yield one, other


def run_and_kill(worker, batch):
    """Let the process run the batch and kill it with SIGKILL when only the entry of the log is left to write."""
    assert worker.stdout.readline() == "ready\n"
    with held_open(lambda: lock_table("staff_entry", "EXCLUSIVE")):
        worker.stdin.write(f"{batch.pk}\n")
        worker.stdin.flush()
        wait_until(is_any_backend_blocked)
        worker.kill()
        worker.wait(TIMEOUT)
    # The lock is free once the server has noticed the lost connection and rolled back.
    with transaction.atomic():
        Batch.objects.select_for_update().get(pk=batch.pk)
    batch.refresh_from_db()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_leaves_nothing_half_done(workers):
    """One is killed with SIGKILL in the middle. The next one does it, and the totals are exact. The same for an undo."""
    doing, undoing = workers
    make_copies(make_pledge(state="confirmed", sector="parents"), 100)
    counted = exact_total()
    batch = begin_batch()
    run_and_kill(doing, batch)
    assert (batch.state, exact_total()) == ("waiting", counted)
    batch.finish()
    assert (batch.state, batch.changed, exact_total()) == ("done", counted, 0)
    assert batch.undo(None)
    run_and_kill(undoing, batch)
    assert (batch.state, exact_total()) == ("waiting", 0)
    batch.finish()
    assert (batch.undone, batch.kept, exact_total()) == (counted, 0, counted)
    logged = Entry.objects.filter(action="change").values_list("subject_ids", flat=True)
    assert sum(map(len, logged)) == 2 * counted
