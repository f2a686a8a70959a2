"""Bulk actions: confirming, invalidating and restoring by ids, filters, network or mail domain, and undoing each batch."""

from datetime import timedelta

import pytest

from pledges.models import Batch, Pledge, Sector
from staff.models import Entry
from tests.clock import let_time_pass
from tests.factories import make_copies, make_pledge, run_worker
from tests.pledges.desk.pages import ENGLISH, LIST, change_path, facts, run_action, sign_in_with
from tests.tally import exact_total
from tests.threads import held_open

pytestmark = pytest.mark.django_db


def test_each_action_says_what_it_changed_of_the_pledges_that_it_fits(admin_client):
    waiting, counted, out = (make_pledge(state=state) for state in ("pending", "confirmed", "invalidated"))
    assert "1 pledge confirmed." in run_action(admin_client, "confirm", waiting, counted, out, sure="yes").text
    assert exact_total() == 2
    assert [entry.subject_ids for entry in Entry.objects.filter(action="change")] == [[waiting.pk]]
    assert "2 pledges invalidated." in run_action(admin_client, "invalidate", waiting, counted, sure="yes").text
    assert exact_total() == 0
    assert "1 pledge restored." in run_action(admin_client, "restore", counted, sure="yes").text
    assert exact_total() == 1


def test_an_action_works_on_the_page_of_one_pledge(admin_client):
    pledge = make_pledge()
    data = {"CHANGE_FORM-action": "confirm", "_selected_action": str(pledge.pk)}
    assert facts(admin_client.post(change_path(pledge), data)) == [1, 1, 0] and exact_total() == 0
    admin_client.post(change_path(pledge), data | {"sure": "yes"})
    assert exact_total() == 1
    batch = Batch.objects.get()
    page = admin_client.get(change_path(pledge), headers=ENGLISH)
    assert f'<a href="{change_path(batch)}">{batch}</a>: confirm, done' in page.text


def test_an_action_can_take_all_pledges_that_match_the_filters(admin_client):
    pledges = [make_pledge(sector=slug) for slug in ("parents", "parents", "teachers")]
    path = f"{LIST}?sector__id__exact={Sector.objects.get(slug='parents').pk}"
    confirmation = run_action(admin_client, "confirm", pledges[0], path=path, select_across="1")
    assert (facts(confirmation), exact_total()) == ([2, 2, 0], 0)
    run_action(admin_client, "confirm", pledges[0], path=path, select_across="1", sure="yes")
    assert exact_total() == 2


@pytest.mark.parametrize(
    ("action", "same", "other"),
    [
        ("invalidate_networks", {"network": "192.0.2.7"}, {"network": "192.0.2.8"}),
        ("invalidate_domains", {"address": "bot{}@bots.example"}, {"address": "besa@shembull.al"}),
    ],
)
def test_25_a_network_or_a_domain_is_invalidated_after_a_count_and_can_be_undone(admin_client, action, same, other):
    states = ["confirmed", "confirmed", "confirmed", "pending"]
    bots = [make_pledge(state=state, **{key: same[key].format(n) for key in same}) for n, state in enumerate(states)]
    # One without a network has none in common with others.
    make_pledge(state="confirmed", **other), make_pledge(state="confirmed")
    assert facts(run_action(admin_client, action, bots[0])) == [1, 4, 3]
    assert exact_total() == 5
    assert "4 pledges invalidated." in run_action(admin_client, action, bots[0], sure="yes").text
    assert exact_total() == 2
    assert sum(Entry.objects.filter(action="change").values_list("count", flat=True)) == 4
    admin_client.post(change_path(Batch.objects.get()), {"undo": "yes"})
    assert exact_total() == 5


def test_without_network_digests_nothing_is_the_same(admin_client):
    first, _second = make_pledge(state="confirmed"), make_pledge(state="confirmed")
    assert "0 pledges invalidated." in run_action(admin_client, "invalidate_networks", first, sure="yes").text
    assert exact_total() == 2


def test_a_large_batch_is_run_and_undone_by_the_worker(admin_client):
    make_copies(make_pledge(), 249)
    Pledge.objects.pending().confirm()
    one = Pledge.objects.first()
    started = run_action(admin_client, "invalidate", one, select_across="1", sure="yes")
    batch = Batch.objects.get()
    assert started.redirect_chain == [(change_path(batch), 302)]
    assert (exact_total(), "Invalidate: waiting its turn" in started.text) == (250, True)
    assert 'value="Stop"' in started.text
    Batch.objects.update(error="DataError")
    assert "DataError" in admin_client.get(change_path(batch)).text
    run_worker()
    assert exact_total() == 0
    admin_client.post(change_path(batch), {"undo": "yes"})
    assert exact_total() == 0
    run_worker()
    assert exact_total() == 250
    page = admin_client.get(change_path(batch), headers=ENGLISH)
    assert "Invalidate: undone" in page.text and 'name="undo"' not in page.text


@pytest.mark.django_db(transaction=True)
def test_a_waiting_batch_is_stopped_and_one_that_is_being_done_is_left_alone(admin_client):
    make_pledge(state="confirmed")
    waiting, doing = (Batch.begin("invalidate", Pledge.objects.all(), None, "selection") for _ in range(2))
    page = admin_client.post(change_path(waiting), {"undo": "yes"}, headers=ENGLISH, follow=True)
    assert "The batch has been stopped. It has changed nothing." in page.text and 'name="undo"' not in page.text
    assert "stopped the batch" in admin_client.get("/admin/staff/entry/", headers=ENGLISH).text
    with held_open(lambda: Batch.objects.select_for_update().get(pk=doing.pk)):
        page = admin_client.post(change_path(doing), {"undo": "yes"}, headers=ENGLISH, follow=True)
    assert "Nothing was changed: the batch is being done. Undo it when it is done." in page.text
    assert exact_total() == 1


def test_undoing_a_confirmation_says_how_many_pledges_would_be_erased(admin_client):
    run_action(admin_client, "confirm", make_pledge(), sure="yes")
    let_time_pass(timedelta(days=20))
    page = admin_client.get(change_path(Batch.objects.get()), headers=ENGLISH)
    assert "1 of them has been unconfirmed for more than 14 days" in page.text


def test_who_may_only_view_pledges_changes_none_and_undoes_nothing(client):
    pledge = make_pledge(state="confirmed")
    batch = Batch.begin("invalidate", Pledge.objects.filter(pk=pledge.pk), None, "selection")
    batch.finish()
    sign_in_with(client, "view_pledge", "see_people")
    for action in ("confirm", "invalidate", "restore", "invalidate_networks"):
        run_action(client, action, pledge, sure="yes")
        assert Pledge.objects.get().state == "invalidated", action
    assert client.get("/admin/pledges/batch/").status_code == client.get(change_path(batch)).status_code == 403
    assert client.post(change_path(batch), {"undo": "yes"}).status_code == 403
    assert exact_total() == 0
