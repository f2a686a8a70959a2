"""A flood of false sign-ups: found, looked at, removed with a reason, brought back. The total is exact at every step."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from pledges.models import Batch, Pledge, PledgingSettings, Statistic
from pledges.statistics import minutes, origins
from staff.models import Entry
from tests.clock import let_time_pass
from tests.factories import form_data, keep_house, make_copies, make_pledge, make_staff, run_worker, sign_in
from tests.pledges.desk.pages import ENGLISH, LIST, change_path, sign_in_with
from tests.tally import exact_total
from tests.threads import at_once

pytestmark = pytest.mark.django_db

PAGE, REMOVE = f"{LIST}minutes/", f"{LIST}remove/"
REASON = "Forged by one script, all within ten minutes"
FALSE, REAL = 2000, 200


def copies(pledge, number, share=(), **columns):
    """Copies of a pledge, each of a person of its own; `share` are the digests that they have in common with it."""
    own = ("address_digest", "name_digest", "domain_digest")
    columns |= {name: rf"'\x00' || sha256(('{name}{pledge.pk}' || n)::bytea)" for name in own if name not in share}
    make_copies(pledge, number, **columns, **{name: name for name in share})


def confirm_some(share):
    """Confirm every pledge whose turn it is: one in `share`."""
    ids = Pledge.objects.order_by("pk").values_list("pk", flat=True)[::share]
    Pledge.objects.filter(pk__in=list(ids)).confirm()


@pytest.fixture
def flood():
    """200 real sign-ups of a day, of many domains and sectors, and 2,000 false ones of one domain within ten minutes."""
    spread = {"created_at": "now() - n * interval '13 minutes'"}
    real = make_pledge(address="drita@gmail.com", network="192.0.2.1", created_at=timezone.now() - timedelta(minutes=1))
    copies(real, REAL // 2 - 1, ["domain_digest"], **spread)
    other = make_pledge(address="mesuese@shkolla.example", sector="teachers", network="192.0.2.2")
    copies(other, REAL // 2 - 1, **spread)
    # Two hours ago.
    begun = timezone.now().replace(minute=10, second=0, microsecond=0) - timedelta(hours=2)
    false = make_pledge(address="bot@bots.example", sector="artists", network="198.51.100.7", created_at=begun)
    together = f"'{begun.isoformat()}'::timestamptz + n * interval '0.29 second'"
    copies(false, FALSE - 1, ["domain_digest", "network_digest"], created_at=together)
    confirm_some(2)
    return false


def table(response, title):
    """{label: numbers} of a table of the page by the title above it."""
    [groups] = [groups for name, groups in response.context["tables"] if name == title]
    return {label: (group.signed, group.confirmed, group.invalidated) for label, group, _url in groups}


def link(response, title, label):
    """The address of the list to which a line of a table leads."""
    [groups] = [groups for name, groups in response.context["tables"] if name == title]
    [url] = [url for name, _group, url in groups if name == label]
    return url


@pytest.mark.slow
def test_story_a_flood_is_found_looked_at_removed_and_brought_back(client, flood):
    sign_in_with(client, "view_pledge", "change_pledge", "see_people")
    false, counted = Pledge.objects.of_domain("bots.example"), Pledge.objects.confirmed().count()
    false_counted = false.confirmed().count()
    assert (false.count(), Pledge.objects.count()) == (FALSE, FALSE + REAL)
    assert 0 < false_counted < counted == exact_total()

    # Found in the drawing and in the tables.
    page = client.get(PAGE, headers=ENGLISH)
    [(start, numbers, usual, is_flood, hour)] = [row for row in page.context["rows"] if row[3]]
    assert (start, usual) == (flood.created_at.replace(minute=0), 0)
    assert FALSE <= numbers[0] <= FALSE + REAL
    by_minute = client.get(hour, headers=ENGLISH)
    loud = [row for row in by_minute.context["rows"] if row[1][0] > 100]
    assert (len(loud), loud[0][0]) == (10, flood.created_at)
    assert table(page, "By email domain")["bots.example"] == (FALSE, false_counted, 0)
    assert table(page, "By mail provider")["gmail.com"][0] == REAL // 2
    [network] = [name for name, row in table(page, "By network").items() if row[0] == FALSE]

    # Looked at first: exactly these rows and minutes.
    first = link(by_minute, "By email domain", "bots.example")
    listed = client.get(first, headers=ENGLISH)
    assert set(listed.context["cl"].queryset) == set(false)
    assert set(client.get(link(page, "By network", network)).context["cl"].queryset) == set(false)

    # A reason is required, and the preview says what will happen.
    remove = listed.context["remove_link"]
    preview = client.get(remove, headers=ENGLISH)
    assert [n for _state, n in preview.context["states"]] == [FALSE - false_counted, false_counted, 0]
    assert [n for _sector, n in preview.context["sectors"]] == [FALSE]
    assert (preview.context["total"], preview.context["total_after"]) == (counted, counted - false_counted)
    refused = client.post(remove, {"reason": "x"}, headers=ENGLISH)
    assert refused.context["form"].errors["reason"]
    assert (exact_total(), Batch.objects.count()) == (counted, 0)

    # Removed: the total is exact after the batch is made, half-way and at its end.
    done = client.post(remove, {"reason": REASON}, headers=ENGLISH, follow=True)
    batch = Batch.objects.get()
    assert done.redirect_chain == [(change_path(batch), 302)]
    assert (batch.state, batch.count, exact_total()) == ("waiting", FALSE, counted)
    run_worker()
    assert exact_total() == counted - false_counted == Pledge.objects.confirmed().count()
    assert not false.valid().exists()
    assert table(client.get(PAGE, headers=ENGLISH), "By email domain")["bots.example"] == (FALSE, 0, FALSE)

    # Domain and reason stay with the batch once the network is erased.
    let_time_pass(timedelta(days=8))
    keep_house()
    assert not Pledge.objects.exclude(network_digest=None).exists()
    text = client.get(change_path(batch), headers=ENGLISH).text
    assert REASON in text
    assert "bots.example" in text
    assert exact_total() == counted - false_counted

    # Brought back.
    client.post(change_path(batch), {"undo": "yes"})
    run_worker()
    assert exact_total() == counted == Pledge.objects.confirmed().count()
    assert false.confirmed().count() == false_counted


def test_a_form_above_the_limit_is_counted_by_its_mail_provider_and_stores_nothing_else(client):
    PledgingSettings.objects.create(pk=1, network_limit=1)
    assert client.post("/sq/zotimi/", form_data()).status_code == 303
    for address in ("drita@GoogleMail.com", "drita@gmail.com", "drita@shkolla.example"):
        assert client.post("/sq/zotimi/", form_data(email=address)).status_code == 429
    # A request for the link has the same limit and is counted alike.
    stamp = form_data()["stamp"]
    assert client.post("/sq/zotimi-im/", {"email": "besa@shkolla.example", "stamp": stamp}).status_code == 429
    # Refused is a form with a solution that is not valid.
    assert client.post("/sq/zotimi/", form_data(email="drita@gmail.com") | {"altcha": "x"}).status_code == 429
    found = Statistic.objects.values_list("kind", "label").annotate(n=Sum("n")).order_by("kind", "label")
    assert list(found) == [("challenge", "", 2), ("challenge", "gmail.com", 2), ("refusal", "gmail.com", 1)]
    assert (Statistic.objects.first().at.minute, Statistic.objects.first().at.second) == (0, 0)


def test_a_refusal_costs_one_more_statement(client):
    PledgingSettings.objects.create(pk=1, network_limit=1)
    client.post("/sq/zotimi/", form_data())
    client.post("/sq/zotimi/", form_data())
    with CaptureQueriesContext(connection) as queries:
        assert client.post("/sq/zotimi/", form_data()).status_code == 429
    [written] = [query["sql"] for query in queries if "INSERT" in query["sql"] or "UPDATE" in query["sql"]]
    assert written.startswith("INSERT INTO pledges_statistic ")


@pytest.mark.django_db(transaction=True)
def test_concurrent_forms_of_one_hour_are_all_counted():
    def count():
        for _ in range(25):
            minutes.count(Statistic.Kind.CHALLENGE, "drita@gmail.com")

    at_once(*[count] * 8)
    assert Statistic.objects.aggregate(n=Sum("n"))["n"] == 200
    # A storm of any size makes few rows.
    assert Statistic.objects.count() == Statistic.objects.values("at").distinct().count()


def test_refusals_and_challenges_appear_by_hour_and_by_provider(client):
    sign_in_with(client, "view_pledge")
    assert len(client.get(PAGE, headers=ENGLISH).context["columns"]) == 2
    minutes.count(Statistic.Kind.REFUSAL, "drita@gmail.com")
    for _ in range(2):
        minutes.count(Statistic.Kind.CHALLENGE, "drita@shkolla.example")
    page = client.get(PAGE, headers=ENGLISH)
    [groups] = [groups for name, groups in page.context["tables"] if name == "By mail provider"]
    assert {label: (group.refused, group.challenged) for label, group, _url in groups} == {
        "gmail.com": (1, 0), "other email domains": (0, 2)
    }  # fmt: skip
    assert len(page.context["columns"]) == 4
    assert page.context["rows"][-1][1] == (0, 0, 1, 2)


def test_the_usual_number_is_the_median_of_the_seven_days_before():
    # On the days before: 1, 2, 3, 4, 5, 6 and 100 sign-ups, one of which is no measure.
    hour_ago = timezone.now() - timedelta(minutes=30)
    for days, n in enumerate((1, 2, 3, 100, 4, 5, 6), 1):
        for _ in range(n):
            make_pledge(created_at=hour_ago - timedelta(days=days))
    series = minutes.read(minutes.last_day())["signed"]
    assert (series.total, series.usual_total, sum(series.usual())) == (0, 4, 4)


@pytest.mark.parametrize(
    ("signed", "usual", "is_flood"), [(41, 1, True), (40, 0, False), (500, 100, False), (501, 100, True)]
)
def test_what_is_far_above_usual(signed, usual, is_flood):
    assert minutes.is_flood(signed, usual) == is_flood


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
        copies(
            make_pledge(),
            30,
            created_at=f"now() - interval '{days} days 10 minutes'",
            expires_at="now() + interval '1 day'",
        )
    assert "far more than usual" not in client.get("/admin/", headers=ENGLISH).text


def make_flood(number=5, **values):
    """Sign-ups of one domain and network a few minutes ago."""
    ago = timezone.now() - timedelta(minutes=3)
    return [
        make_pledge(address=f"bot{n}@bots.example", network="198.51.100.7", created_at=ago, **values)
        for n in range(number)
    ]


def test_without_the_right_to_see_people_a_domain_has_a_number_and_still_stays_with_the_batch(client):
    make_flood(state="confirmed")
    sign_in_with(client, "view_pledge", "change_pledge")
    page = client.get(PAGE, headers=ENGLISH)
    assert table(page, "By email domain") == {"domain 1": (5, 5, 0)}
    first = client.get(link(page, "By email domain", "domain 1"), headers=ENGLISH)
    remove = first.context["remove_link"]
    texts = [page.text, first.text, client.get(remove, headers=ENGLISH).text]
    client.post(remove, {"reason": REASON}, headers=ENGLISH)
    batch = Batch.objects.get()
    texts.append(client.get(change_path(batch), headers=ENGLISH).text)
    assert not [text for text in texts if "bots.example" in text]
    assert (batch.domain, exact_total()) == ("bots.example", 0)
    assert not Entry.objects.filter(action="look").exists()
    assert "bots.example" in sign_in(client, make_staff("change_pledge", "see_people")).get(change_path(batch)).text


def test_opening_domains_is_in_the_record_without_the_domain(client):
    first = make_flood()[0]
    sign_in_with(client, "view_pledge", "see_people")
    client.get(PAGE)
    entry = Entry.objects.get(action="look")
    assert entry.details == {"page": "minutes"}
    assert len(entry.subject_ids) == 1
    assert first.domain_digest == Pledge.objects.get(pk=entry.subject_ids[0]).domain_digest


def test_a_domain_or_network_of_four_is_not_listed_and_does_not_stay_with_a_batch(client):
    pledge = make_flood(4, state="confirmed")[0]
    sign_in_with(client, "view_pledge", "change_pledge", "see_people")
    page = client.get(PAGE, headers=ENGLISH)
    assert table(page, "By email domain") == table(page, "By network") == {}
    chosen = origins.Chosen(
        timezone.now() - timedelta(hours=1), timezone.now(), origins.Origin("domain", str(pledge.pk))
    )
    client.post(reverse("admin:pledges_pledge_remove", query=chosen.query), {"reason": REASON})
    assert (Batch.objects.get().count, Batch.objects.get().domain) == (4, "")


def test_the_address_of_a_list_has_no_digest_and_no_domain(client):
    pledge = make_flood()[0]
    sign_in_with(client, "view_pledge", "see_people")
    page = client.get(PAGE, headers=ENGLISH)
    urls = [url for _title, groups in page.context["tables"] for _label, _group, url in groups]
    assert len(urls) == 3
    for digest in (pledge.domain_digest, pledge.network_digest):
        assert not [url for url in urls if bytes(digest).hex() in url or "bots" in url]


def test_the_view_permission_removes_nothing(client):
    make_flood(state="confirmed")
    sign_in_with(client, "view_pledge", "see_people")
    page = client.get(PAGE, headers=ENGLISH)
    first = client.get(link(page, "By email domain", "bots.example"), headers=ENGLISH)
    assert first.context["remove_link"] is None
    query = first.request["QUERY_STRING"]
    assert client.post(f"{REMOVE}?{query}", {"reason": REASON}).status_code == 403
    assert exact_total() == 5


@pytest.mark.parametrize(
    "query",
    [
        "origin=domain:x&signed_since=2026-11-25T10:00:00Z&signed_until=2026-11-25T11:00:00Z",
        "origin=tail:gmail.com&signed_since=2026-11-25T10:00:00Z&signed_until=2026-11-25T11:00:00Z",
        "origin=provider:gmail.com&signed_since=now&signed_until=2026-11-25T11:00:00Z",
        "origin=provider:gmail.com",
        "signed_since=2026-11-25T10:00:00Z",
    ],
)
def test_an_edited_address_chooses_nothing(client, query):
    make_flood(state="confirmed")
    sign_in_with(client, "view_pledge", "change_pledge", "see_people")
    assert client.get(f"{LIST}?{query}").url == f"{LIST}?e=1"
    assert client.post(f"{REMOVE}?{query}", {"reason": REASON}).url == PAGE
    assert exact_total() == 5


@pytest.mark.parametrize(
    "query", ["day=2020-01-01", "day=x", "hour=x", "hour=2020-01-01T00:00:00Z", "hour=9999-12-31T23:59:59Z"]
)
def test_a_time_that_cannot_be_shown_shows_the_last_day(client, query):
    sign_in_with(client, "view_pledge")
    page = client.get(f"{PAGE}?{query}", headers=ENGLISH)
    assert page.context["period"] == minutes.last_day()


def test_each_of_the_last_seven_days_can_be_looked_at(client):
    sign_in_with(client, "view_pledge")
    for day in minutes.days_to_choose():
        page = client.get(f"{PAGE}?day={day}", headers=ENGLISH)
        assert timezone.localtime(page.context["period"].since).date() == day


def test_networks_are_listed_for_as_long_as_their_digests_are_stored(client):
    make_flood()
    sign_in_with(client, "view_pledge")
    assert len(table(client.get(PAGE, headers=ENGLISH), "By network")) == 1
    Pledge.objects.update(network_digest=None)
    assert table(client.get(PAGE, headers=ENGLISH), "By network") == {}


def test_sign_ups_that_come_in_while_staff_look_are_not_removed(client):
    make_flood(state="confirmed")
    sign_in_with(client, "view_pledge", "change_pledge", "see_people")
    page = client.get(PAGE, headers=ENGLISH)
    remove = client.get(link(page, "By email domain", "bots.example")).context["remove_link"]
    make_pledge(address="late@bots.example", state="confirmed")
    client.post(remove, {"reason": REASON})
    assert exact_total() == 1
