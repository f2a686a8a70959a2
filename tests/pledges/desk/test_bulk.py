"""Bulk actions and floods of false sign-ups: found, looked at, removed with a reason, undone. The total is exact throughout."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pledges.crypto import keys
from pledges.models import Batch, Pledge, PledgingSettings, Sector
from pledges.statistics import minutes
from staff.models import Entry
from tests.clock import let_time_pass
from tests.factories import make_copies, make_pledge, make_staff, run_worker, sign_in
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


PAGE, REMOVE = f"{LIST}minutes/", f"{LIST}remove/"
REASON = "Forged by one script, all within ten minutes"
FALSE, REAL = 250, 20
DOMAINS, NETWORKS = "By email domain", "By network"


def copies(pledge, number, share=(), **columns):
    """Copies of a pledge, each of a person of its own; `share` are the digests that they have in common with it."""
    own = ("address_digest", "name_digest", "domain_digest")
    columns |= {name: rf"'\x00' || sha256(('{name}{pledge.pk}' || n)::bytea)" for name in own if name not in share}
    make_copies(pledge, number, **columns, **{name: name for name in share})


@pytest.fixture
def flood():
    """20 real sign-ups of a day, and 250 false ones of one domain within ten minutes. Each second one is confirmed."""
    real = make_pledge(address="drita@gmail.com", network="192.0.2.1", created_at=timezone.now() - timedelta(hours=21))
    copies(real, REAL - 1, ["domain_digest"], created_at="now() - n * interval '60 minutes'")
    # Two hours ago.
    begun = timezone.now().replace(minute=10, second=0, microsecond=0) - timedelta(hours=2)
    false = make_pledge(address="bot@bots.example", sector="artists", network="198.51.100.7", created_at=begun)
    together = f"'{begun.isoformat()}'::timestamptz + n * interval '2.3 second'"
    copies(false, FALSE - 1, ["domain_digest", "network_digest"], created_at=together)
    ids = Pledge.objects.order_by("pk").values_list("pk", flat=True)[::2]
    Pledge.objects.filter(pk__in=list(ids)).confirm()
    return false


def table(response, title):
    """{label: numbers} of a table of the page by the title above it."""
    [groups] = [groups for name, _column, groups in response.context["tables"] if name == title]
    return {label: (group.signed, group.confirmed, group.invalidated) for label, group in groups}


def remove(client, response, title, label, **data):
    """The page after the button of a line."""
    [(column, groups)] = [(column, groups) for name, column, groups in response.context["tables"] if name == title]
    [first] = [group.first for name, group in groups if name == label]
    period = {name: response.context[name] for name in ("since", "until")}
    return client.post(REMOVE, {"origin": f"{column}:{first}"} | period | data, headers=ENGLISH, follow=True)


def test_story_a_flood_is_found_removed_and_brought_back(client, flood):
    sign_in_with(client, "view_pledge", "change_pledge", "see_people")
    false, counted = (
        Pledge.objects.filter(domain_digest=keys.digest("domain", "bots.example")),
        Pledge.objects.confirmed().count(),
    )
    false_counted = false.confirmed().count()
    assert 0 < false_counted < counted == exact_total()

    # Found in the drawing and in the tables.
    page = client.get(PAGE, headers=ENGLISH)
    [(start, signed, usual, _is_flood, hour)] = [row for row in page.context["rows"] if row[3]]
    assert (start, usual) == (flood.created_at.replace(minute=0), 0) and FALSE <= signed <= FALSE + REAL
    by_minute = client.get(hour, headers=ENGLISH)
    loud = [row for row in by_minute.context["rows"] if row[1] > 10]
    assert (len(loud), loud[0][0]) == (10, flood.created_at)
    assert table(page, DOMAINS) == {
        "bots.example": (FALSE, false_counted, 0),
        "gmail.com": (REAL, counted - false_counted, 0),
    }
    [network] = [name for name, row in table(page, NETWORKS).items() if row[0] == FALSE]
    assert not [row for row in (flood.domain_digest, flood.network_digest) if bytes(row).hex() in page.text]

    # The button says how many; a reason is required.
    for each in (remove(client, by_minute, DOMAINS, "bots.example"), remove(client, page, NETWORKS, network)):
        assert facts(each) == [FALSE, FALSE, false_counted]
    refused = remove(client, by_minute, DOMAINS, "bots.example", sure="yes", reason="x")
    assert refused.context["form"].errors["reason"]
    assert (exact_total(), Batch.objects.count()) == (counted, 0)

    # Removed by the worker, because they are many; sign-ups that came in meanwhile stay.
    make_pledge(address="late@bots.example", state="confirmed")
    done = remove(client, page, DOMAINS, "bots.example", sure="yes", reason=REASON)
    batch = Batch.objects.get()
    assert done.redirect_chain == [(change_path(batch), 302)] and REASON in done.text
    assert (batch.state, batch.count, exact_total()) == ("waiting", FALSE, counted + 1)
    run_worker()
    assert exact_total() == counted + 1 - false_counted
    assert table(client.get(PAGE, headers=ENGLISH), DOMAINS)["bots.example"][2] == FALSE

    # Brought back.
    client.post(change_path(batch), {"undo": "yes"})
    run_worker()
    assert exact_total() == counted + 1


def test_the_usual_number_is_the_median_of_the_seven_days_before():
    # On the days before: 1, 2, 3, 4, 5, 6 and 100 sign-ups, one of which is no measure.
    hour_ago = timezone.now() - timedelta(minutes=30)
    for days, n in enumerate((1, 2, 3, 100, 4, 5, 6), 1):
        make_copies(make_pledge(created_at=hour_ago - timedelta(days=days)), n - 1, created_at="created_at")
    period = minutes.last_day()
    assert (period.total, period.usual_total, sum(period.usual())) == (0, 4, 4)


def test_what_is_far_above_usual():
    cases = {(41, 1): True, (40, 0): False, (500, 100): False, (501, 100): True}
    assert {case: minutes.is_flood(*case) for case in cases} == cases


def test_the_page_checks_everyone_with_one_press_and_leads_to_stopping(client):
    sign_in(client, make_staff("view_pledge"))
    assert "Check everyone" not in client.get(PAGE, headers=ENGLISH).text
    assert client.post(PAGE, {"check-everyone": "1"}).status_code == 403
    user = sign_in_with(client, "view_pledge", "change_pledgingsettings")
    page = client.get(PAGE, headers=ENGLISH)
    assert "Check everyone" in page.text and "/admin/pledges/pledgingsettings/1/change/#id_state" in page.text
    assert user.post(PAGE, {"check-everyone": "1"}).url == PAGE
    assert PledgingSettings.objects.get().challenge_everyone
    assert "Everyone is checked" in client.get(PAGE, headers=ENGLISH).text
    assert "check everyone" in str(Entry.objects.latest("pk").details)


def test_a_flood_is_a_task_on_the_dashboard(client):
    sign_in_with(client, "view_pledge")
    pledge = make_pledge()
    copies(pledge, 39)
    assert "far more than usual" not in client.get("/admin/", headers=ENGLISH).text
    copies(make_pledge(), 1)
    page = client.get("/admin/", headers=ENGLISH)
    [task] = [task for task in page.context["tasks"] if "far more than usual" in task.label]
    assert (task.count, task.url) == (42, PAGE)
    # Every day at this time: nothing unusual.
    for days in range(1, 5):
        at = f"now() - interval '{days} days 10 minutes'"
        copies(make_pledge(), 30, created_at=at, expires_at="now() + interval '1 day'")
    assert "far more than usual" not in client.get("/admin/", headers=ENGLISH).text


def make_flood(number=5):
    """Sign-ups of one domain and network a few minutes ago."""
    at, network = timezone.now() - timedelta(minutes=3), "198.51.100.7"
    return [
        make_pledge(address=f"bot{n}@bots.example", network=network, created_at=at, state="confirmed")
        for n in range(number)
    ]


def test_without_the_right_to_see_people_a_domain_has_a_number_and_with_it_the_look_is_in_the_record(client):
    first = make_flood()[0]
    sign_in_with(client, "view_pledge", "change_pledge")
    page = client.get(PAGE, headers=ENGLISH)
    assert table(page, DOMAINS) == {"domain 1": (5, 5, 0)}
    texts = [page.text, remove(client, page, DOMAINS, "domain 1", sure="yes", reason=REASON).text]
    assert exact_total() == 0
    texts.append(client.get(change_path(Batch.objects.get()), headers=ENGLISH).text)
    assert not [text for text in texts if "bots.example" in text] and not Entry.objects.filter(action="look").exists()
    sign_in(client, make_staff("view_pledge", "see_people"))
    assert "bots.example" in client.get(PAGE).text
    entry = Entry.objects.get(action="look")
    assert (entry.details, len(entry.subject_ids)) == ({"page": "minutes"}, 1)
    assert first.domain_digest == Pledge.objects.get(pk=entry.subject_ids[0]).domain_digest


def test_a_domain_or_network_of_four_is_not_listed_nor_a_network_whose_digests_are_erased(client):
    make_flood(4)
    sign_in_with(client, "view_pledge", "change_pledge", "see_people")
    page = client.get(PAGE, headers=ENGLISH)
    assert table(page, DOMAINS) == table(page, NETWORKS) == {}
    make_flood(1)
    page = client.get(PAGE, headers=ENGLISH)
    assert len(table(page, DOMAINS)) == len(table(page, NETWORKS)) == 1
    Pledge.objects.update(network_digest=None)
    assert table(client.get(PAGE, headers=ENGLISH), NETWORKS) == {}


def test_the_view_permission_and_an_edited_form_remove_nothing(client):
    [pledge, *_others] = make_flood()
    times = {"since": "2026-01-01T00:00Z", "until": "2099-01-01T00:00Z", "sure": "yes", "reason": REASON}
    right = {"origin": f"domain_digest:{pledge.pk}"} | times
    sign_in(client, make_staff("view_pledge", "see_people"))
    assert b'name="origin"' not in client.get(PAGE).content
    assert client.post(REMOVE, right).status_code == 403
    sign_in_with(client, "view_pledge", "change_pledge", "see_people")
    for wrong in (
        *({"origin": "domain_digest:x"}, {"origin": f"name_digest:{pledge.pk}"}, {"origin": ""}, {"since": "now"}),
        {"until": "0001-01-01T00:00+23:59"},
    ):
        assert client.post(REMOVE, right | wrong).status_code == 400, wrong
    assert client.post(REMOVE, {}).status_code == 400 and client.get(REMOVE).status_code == 405
    assert exact_total() == 5


def test_each_of_the_last_seven_days_can_be_looked_at_and_no_other_time(client):
    sign_in_with(client, "view_pledge")
    for day in minutes.days_to_choose():
        page = client.get(f"{PAGE}?day={day}", headers=ENGLISH)
        assert timezone.localtime(page.context["period"].since).date() == day
    for query in ("day=2020-01-01", "day=x", "hour=x", "hour=2020-01-01T00:00Z", "hour=9999-12-31T23:59:59Z"):
        assert client.get(f"{PAGE}?{query}").context["period"] == minutes.last_day(), query
