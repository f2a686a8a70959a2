"""The admin's list of pledges and the page of one pledge: who sees whom, filters, search by address, pagination."""

import re
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pledges.models import Message, Pledge
from staff.models import Entry
from tests.factories import make_copies, make_pledge, make_staff, send_messages, sign_in
from tests.pages import Document
from tests.pledges.desk.pages import ENGLISH, LIST, PERSON, change_path, run_action, sign_in_with

pytestmark = pytest.mark.django_db


def pages_showing(client, pledge):
    """The responses of all pages on which a pledge appears."""
    Entry.log(User.objects.last(), "change", about=pledge)
    paths = [LIST, change_path(pledge), f"{LIST}{pledge.pk}/delete/"]
    return [client.get(path) for path in [*paths, "/admin/", "/admin/pledges/message/"]]


def test_without_the_permission_no_page_shows_a_name_or_an_address(client):
    pledge = make_pledge(**PERSON)
    Message.queue(Message.Kind.CONFIRM, pledge)
    sign_in_with(client, "view_pledge", "change_pledge", "delete_pledge", "view_message")
    for response in pages_showing(client, pledge):
        assert response.status_code == 200
        assert "Drita" not in response.text
        assert "drita.kola" not in response.text
    assert "find/" not in client.get(LIST).text
    assert client.post(f"{LIST}find/", {"person": PERSON["address"]}).status_code == 403
    sign_in(client, make_staff("view_pledge"))
    assert "Drita" not in client.get(change_path(pledge)).text
    assert client.post(change_path(pledge), {"language": "en"}).status_code == 403


def test_the_see_people_permission_shows_name_and_address(client):
    pledge = make_pledge(**PERSON)
    sign_in_with(client, "view_pledge", "see_people")
    for path in (LIST, change_path(pledge)):
        page = client.get(path).text
        assert "Drita Kola" in page
        assert PERSON["address"] in page


def test_digests_and_ciphertexts_are_on_no_page(admin_client):
    pledge = make_pledge(network="192.0.2.1", **PERSON)
    page = admin_client.get(change_path(pledge)).text
    for column in ("digest", "cipher", "link_version", "slot"):
        assert column not in page


def test_the_list_shows_a_pledge_that_cannot_be_decrypted(admin_client):
    make_pledge(**PERSON)
    Pledge.objects.update(name_cipher=b"\x00" * 40)
    page = admin_client.get(LIST, headers=ENGLISH).text
    assert "cannot be decrypted" in page
    assert PERSON["address"] in page


def test_staff_cannot_add_a_pledge(admin_client):
    assert admin_client.get(f"{LIST}add/").status_code == 403


def test_djangos_own_deletion_is_not_offered_for_pledges(admin_client):
    pledge = make_pledge()
    page = admin_client.get(LIST).text
    assert "delete_selected" not in page
    run_action(admin_client, "delete_selected", pledge, post="yes")
    assert Pledge.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_no_http_method_on_a_page_of_a_pledge_is_a_server_error(admin_client):
    for page in ("change", "delete", "history"):
        path = f"{LIST}{make_pledge().pk}/{page}/"
        for method in ("post", "put", "patch", "delete", "options", "trace", "head"):
            assert admin_client.generic(method.upper(), path).status_code < 500, (page, method)


def test_an_address_is_found_in_any_spelling_and_stays_out_of_urls_and_history(admin_client):
    pledge = make_pledge(name="Drita Kola", address="drita.kola@gmail.com")
    other = make_pledge()
    response = admin_client.post(
        f"{LIST}find/", {"person": " Drita.Kola+zotimi@GMAIL.com"}, follow=True, headers=ENGLISH
    )
    assert response.redirect_chain == [(f"{LIST}?id__in={pledge.pk}", 302)]
    assert change_path(pledge) in response.text
    assert change_path(other) not in response.text
    assert not Entry.objects.exclude(action="look").exists()
    assert 'name="q"' not in response.text


def test_both_pledges_of_an_address_are_found(admin_client):
    first = make_pledge(name="Drita Kola", address="kola@shembull.al")
    second = make_pledge(name="Besnik Kola", address="kola@shembull.al")
    page = admin_client.post(f"{LIST}find/", {"person": "kola@shembull.al"}, follow=True).text
    assert change_path(first) in page
    assert change_path(second) in page


@pytest.mark.parametrize(
    ("term", "message"),
    [
        ("unknown@shembull.al", "No pledge has this address."),
        ("unknown@", "Enter an email address in the correct format"),
        ("Drita Kola", "No pledge has exactly this name."),
        ("=1+1", "Enter a whole email address, a first name and a surname"),
        ("", "Enter a whole email address, a first name and a surname"),
    ],
)
def test_a_search_that_finds_nothing_gets_a_message_and_keeps_what_was_typed_out_of_urls(admin_client, term, message):
    make_pledge("Arta Hoxha")
    response = admin_client.post(f"{LIST}find/", {"person": term}, follow=True, headers=ENGLISH)
    assert message in response.text and "Arta Hoxha" not in response.text
    page = Document(response)
    assert page.of(page.one("input", id="id_person")).get("value", "") == term
    assert response.redirect_chain == [] and response.request["QUERY_STRING"] == ""
    assert admin_client.get(f"{LIST}find/?state__exact=confirmed").url == f"{LIST}?state__exact=confirmed"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("id__in=nonsense", 302),
        ("address_digest=abc", 400),
        ("name_cipher__contains=a", 400),
    ],
)
def test_an_invalid_filter_is_refused(admin_client, query, status):
    make_pledge(**PERSON)
    assert admin_client.get(f"{LIST}?{query}").status_code == status


def test_the_page_says_who_else_pledged_from_the_address_and_how_often_others_tried(admin_client):
    first = make_pledge(name="Drita Kola", address="kola@shembull.al", state="confirmed")
    second = make_pledge(name="Besnik Kola", address="kola@shembull.al", state="confirmed")
    other = make_pledge()
    for _ in range(3):
        Message.queue(Message.Kind.FULL, first)
        send_messages()
    Message.queue(Message.Kind.FULL, other)
    page = admin_client.get(change_path(second), headers=ENGLISH)
    assert f'<a href="{change_path(first)}">{first}</a>' in page.text
    assert change_path(other) not in page.text
    assert '<div class="readonly">3</div>' in page.text


def test_the_list_shows_the_second_of_each_address_with_two(admin_client):
    make_pledge(name="Drita Kola", address="kola@shembull.al")
    second = make_pledge(name="Besnik Kola", address="kola@shembull.al")
    left = make_pledge(name="Ilir Gega", address="gega@shembull.al")
    alone = make_pledge(name="Teuta Gega", address="gega@shembull.al")
    left.withdraw()
    assert "Second from its address" in admin_client.get(LIST, headers=ENGLISH).text
    page = admin_client.get(f"{LIST}?second=yes")
    assert [pledge.pk for pledge in page.context["cl"].result_list] == [second.pk]
    assert alone.slot == 2


def listed_ids(client, query):
    return [pledge.pk for pledge in client.get(f"{LIST}?{query}").context["cl"].result_list]


@pytest.mark.parametrize("field", ["created_at", "confirmed_at", "invalidated_at"])
def test_days_begin_at_midnight_in_albania(admin_client, field):
    moments = ["2026-03-10T22:59Z", "2026-03-10T23:00Z", "2026-03-11T22:59Z", "2026-03-11T23:00Z"]
    pledges = [make_pledge(state="invalidated") for _ in moments]
    for pledge, moment in zip(pledges, moments, strict=True):
        Pledge.objects.filter(pk=pledge.pk).update(**{field: datetime.fromisoformat(moment)})
    day = {pledge.pk for pledge in pledges[1:3]}
    assert set(listed_ids(admin_client, f"{field}_from=2026-03-11&{field}_to=2026-03-11")) == day
    assert set(listed_ids(admin_client, f"{field}_from=2026-03-11")) == day | {pledges[3].pk}
    assert set(listed_ids(admin_client, f"{field}_to=2026-03-11")) == day | {pledges[0].pk}


def test_an_invalid_day_is_no_server_error(admin_client):
    make_pledge()
    for day in ("yesterday", "2026-02-30", "9999-12-31", "0001-01-01", "2026-03-11x", "%00"):
        for name in ("created_at_from", "created_at_to"):
            assert admin_client.get(f"{LIST}?{name}={day}", follow=True).status_code == 200, day


def test_the_filter_by_day_keeps_the_other_filters(admin_client):
    page = admin_client.get(f"{LIST}?state__exact=pending&created_at_from=2026-03-11").text
    assert '<input type="hidden" name="state__exact" value="pending">' in page
    assert 'name="created_at_from" value="2026-03-11"' in page


def make_pledges(number):
    """Add pledges until there are `number`, each signed one second before the next. Only the first can be decrypted."""
    make_copies(make_pledge(), number - 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pledges_pledge SET created_at = created_at - n * interval '1 second' FROM "
            "(SELECT id, row_number() OVER () n FROM pledges_pledge) numbered WHERE numbered.id = pledges_pledge.id"
        )


def test_pages_have_neither_gaps_nor_duplicates(admin_client):
    make_pledges(120)
    pages = [listed_ids(admin_client, f"p={number}") for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 50, 20]
    newest = Pledge.objects.order_by("-created_at", "-pk").values_list("pk", flat=True)
    assert sum(pages, []) == list(newest)
    for beyond in ("4", "99999999999999999999", "-1", "x"):
        page = admin_client.get(f"{LIST}?p={beyond}")
        assert page.status_code == 200
        assert [pledge.pk for pledge in page.context["cl"].result_list] in pages


def test_a_long_list_has_an_estimated_count_and_a_short_one_an_exact_count(admin_client, monkeypatch):
    monkeypatch.setattr("staff.admin.long_list.COUNT_LIMIT", 100)
    make_pledges(1500)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE pledges_pledge")
    page = admin_client.get(LIST, headers=ENGLISH)
    assert re.search(r"about 1,?500 pledges", page.text)
    # A page number that only the outdated estimate allows leads to the last page.
    Pledge.objects.filter(pk__in=Pledge.objects.values("pk")[:1400]).delete()
    page = admin_client.get(f"{LIST}?p=29", headers=ENGLISH)
    assert len(page.context["cl"].result_list) == 50
    assert "100 pledges" in page.text


def test_the_list_takes_the_same_queries_at_any_length(admin_client):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(LIST).status_code == 200
        return len(captured)

    admin_client.post(f"{LIST}reason/", {"reason": "to see more than 20 names"})
    for _ in range(5):
        make_pledge()
    few = queries()
    for number in range(45):
        sector = ["parents", "teachers", "artists"][number % 3]
        make_pledge(sector=sector, county_id=None if number % 2 else "AL-01")
    assert queries() == few
    # Five of these belong to the session, its renewal, whom the reason has shown, and the second factor.
    assert few <= 14
