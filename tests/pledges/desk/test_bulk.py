"""Bulk actions: confirming, invalidating and restoring by ids, filters, network or mail domain, and undoing each batch."""

from datetime import timedelta

import pytest

from pledges.models import Batch, Pledge, Sector
from staff.models import Entry
from tests.clock import let_time_pass
from tests.factories import keep_house, make_copies, make_pledge, run_worker
from tests.pledges.desk.pages import ENGLISH, LIST, change_path, facts, run_action, sign_in_with
from tests.tally import exact_total

pytestmark = pytest.mark.django_db


def test_confirming_changes_only_pending_pledges(admin_client):
    waiting, counted, out = make_pledge(), make_pledge(state="confirmed"), make_pledge(state="invalidated")
    assert "1 pledge confirmed." in run_action(admin_client, "confirm", waiting, counted, out, sure="yes").text
    assert exact_total() == 2
    out.refresh_from_db()
    assert out.state == "invalidated"
    assert [entry.subject_ids for entry in Entry.objects.filter(action="change")] == [[waiting.pk]]


def test_restoring_brings_each_pledge_back_to_its_earlier_state(admin_client):
    waiting, counted = make_pledge(), make_pledge(state="confirmed")
    assert "2 pledges invalidated." in run_action(admin_client, "invalidate", waiting, counted, sure="yes").text
    assert exact_total() == 0
    assert "2 pledges restored." in run_action(admin_client, "restore", waiting, counted, sure="yes").text
    assert exact_total() == 1
    waiting.refresh_from_db()
    assert waiting.state == "pending"


def test_an_action_works_on_the_page_of_one_pledge(admin_client):
    pledge = make_pledge()
    data = {"CHANGE_FORM-action": "confirm", "_selected_action": str(pledge.pk)}
    assert facts(admin_client.post(change_path(pledge), data)) == [1, 1, 0] and exact_total() == 0
    admin_client.post(change_path(pledge), data | {"sure": "yes"})
    assert exact_total() == 1


def test_the_view_permission_allows_no_action(client):
    pledge, out = make_pledge(state="confirmed"), make_pledge(state="invalidated")
    sign_in_with(client, "view_pledge", "see_people")
    for action in ("confirm", "invalidate", "restore", "invalidate_networks", "erase"):
        run_action(client, action, pledge, out, sure="yes")
        assert sorted(Pledge.objects.values_list("state", flat=True)) == ["confirmed", "invalidated"], action


def test_an_action_can_take_all_pledges_that_match_the_filters(admin_client):
    pledges = [make_pledge(sector=slug) for slug in ("parents", "parents", "teachers")]
    parents = Sector.objects.get(slug="parents")
    path = f"{LIST}?sector__id__exact={parents.pk}"
    confirmation = run_action(admin_client, "confirm", pledges[0], path=path, select_across="1")
    assert (facts(confirmation), exact_total()) == ([2, 2, 0], 0)
    run_action(admin_client, "confirm", pledges[0], path=path, select_across="1", sure="yes")
    assert exact_total() == 2
    batch = Batch.objects.get()
    assert batch.choice == {"sector__id__exact": str(parents.pk)}
    assert f'href="{path}"' in admin_client.get(change_path(batch)).text


def test_25_invalidating_a_network_shows_the_count_first_and_can_be_undone(admin_client):
    bots = [make_pledge(network="192.0.2.7", state="confirmed") for _ in range(3)]
    bots.append(make_pledge(network="192.0.2.7"))
    make_pledge(network="192.0.2.8", state="confirmed")
    make_pledge(state="confirmed")
    confirmation = run_action(admin_client, "invalidate_networks", bots[0])
    assert facts(confirmation) == [1, 4, 3]
    assert exact_total() == 5
    done = run_action(admin_client, "invalidate_networks", bots[0], sure="yes")
    assert "4 pledges invalidated." in done.text
    assert exact_total() == 2
    assert sum(Entry.objects.filter(action="change").values_list("count", flat=True)) == 4
    admin_client.post(change_path(Batch.objects.get()), {"undo": "yes"})
    assert exact_total() == 5


def test_pledges_without_a_network_digest_do_not_match_each_other(admin_client):
    first, _second = make_pledge(state="confirmed"), make_pledge(state="confirmed")
    assert "0 pledges invalidated." in run_action(admin_client, "invalidate_networks", first, sure="yes").text
    assert exact_total() == 2


def test_25_a_mail_domain_is_invalidated(admin_client):
    for number in range(3):
        make_pledge(address=f"bot{number}@bots.example", state="confirmed")
    make_pledge(state="confirmed")
    bot = Pledge.objects.of_domain("bots.example").first()
    confirmation = run_action(admin_client, "invalidate_domains", bot)
    assert facts(confirmation)[1] == 3
    run_action(admin_client, "invalidate_domains", bot, sure="yes")
    assert exact_total() == 1


def test_a_mail_domain_can_be_entered_and_stays_out_of_urls_and_the_audit_log(admin_client):
    for number in range(3):
        make_pledge(address=f"bot{number}@Böts.example", state="confirmed")
    make_pledge(state="confirmed")
    confirmation = admin_client.post(f"{LIST}domain/", {"domain": "@böts.example"}, headers=ENGLISH)
    assert (facts(confirmation), exact_total()) == ([3, 3, 3], 4)
    admin_client.post(f"{LIST}domain/", {"domain": "böts.example", "sure": "yes"})
    assert exact_total() == 1
    batch = Batch.objects.get()
    assert (batch.chosen, batch.choice) == ("domains", {})
    assert "example" not in str(list(Entry.objects.values_list("details", flat=True)))


@pytest.mark.parametrize("domain", ["", "gmail", "emri@shembull.al", "x" * 300 + ".al"])
def test_an_invalid_mail_domain_is_refused_with_a_message(admin_client, domain):
    make_pledge(address="emri@shembull.al")
    response = admin_client.post(f"{LIST}domain/", {"domain": domain, "sure": "yes"}, follow=True, headers=ENGLISH)
    assert response.redirect_chain == [(LIST, 302)]
    assert not Batch.objects.exists()


def test_a_domain_without_pledges_changes_nothing(admin_client):
    response = admin_client.post(f"{LIST}domain/", {"domain": "askush.al"}, follow=True, headers=ENGLISH)
    assert "0 pledges invalidated." in response.text
    assert not Batch.objects.exists()


def test_a_large_batch_is_run_and_undone_by_the_worker(admin_client):
    make_copies(make_pledge(), 249)
    Pledge.objects.pending().confirm()
    one = Pledge.objects.first()
    confirmation = run_action(admin_client, "invalidate", one, select_across="1")
    assert facts(confirmation) == [250, 250, 250]
    started = run_action(admin_client, "invalidate", one, select_across="1", sure="yes")
    batch = Batch.objects.get()
    assert started.redirect_chain == [(change_path(batch), 302)]
    assert (exact_total(), "Invalidate: waiting its turn" in started.text) == (250, True)
    run_worker()
    assert exact_total() == 0
    admin_client.post(change_path(batch), {"undo": "yes"})
    assert exact_total() == 0
    run_worker()
    assert exact_total() == 250
    page = admin_client.get(change_path(batch), headers=ENGLISH)
    assert "Invalidate: undone" in page.text
    assert 'name="undo"' not in page.text


def test_a_batch_that_waits_can_be_stopped_and_says_what_failed(admin_client):
    make_pledge(state="confirmed")
    batch = Batch.begin("invalidate", Pledge.objects.all(), None, "selection")
    Batch.objects.update(error="DataError")
    assert "DataError" in admin_client.get(change_path(batch)).text
    admin_client.post(change_path(batch), {"undo": "yes"})
    keep_house()
    run_worker()
    assert exact_total() == 1
    assert 'name="undo"' not in admin_client.get(change_path(batch)).text


def test_undoing_a_confirmation_says_how_many_pledges_would_be_erased(admin_client):
    pledge = make_pledge()
    run_action(admin_client, "confirm", pledge, sure="yes")
    let_time_pass(timedelta(days=20))
    page = admin_client.get(change_path(Batch.objects.get()), headers=ENGLISH)
    assert "1 of them has been unconfirmed for more than 14 days" in page.text


@pytest.mark.parametrize("permissions", [["view_pledge", "see_people"], ["view_message"], []])
def test_without_change_pledge_batches_are_neither_shown_nor_undone(client, permissions):
    make_pledge(state="confirmed")
    batch = Batch.begin("invalidate", Pledge.objects.all(), None, "selection")
    batch.finish()
    sign_in_with(client, *permissions)
    for path in ("/admin/pledges/batch/", change_path(batch)):
        assert client.get(path).status_code == 403
    assert client.post(change_path(batch), {"undo": "yes"}).status_code == 403
    assert client.post(f"{LIST}domain/", {"domain": "shembull.al", "sure": "yes"}).status_code == 403
    assert exact_total() == 0


def test_an_unknown_batch_redirects(admin_client):
    for number in ("999", "x"):
        assert admin_client.get(f"/admin/pledges/batch/{number}/change/").status_code == 302
