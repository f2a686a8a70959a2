"""The admin's list of pledges, the page of one pledge and its corrections: who sees whom, filters, search, who is told."""

import re
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pledges.models import Message, Pledge, Sector
from staff.models import Entry
from tests import tally
from tests.factories import links_in, make_copies, make_pledge, make_staff, make_submission, run_worker, sign_in
from tests.pages import Document, filled
from tests.pledges.desk.pages import ENGLISH, LIST, PERSON, change_path, run_action, save_correction, sign_in_with
from tests.sql import sql
from tests.tally import exact_total
from tests.threads import TIMEOUT, begin, held_open

pytestmark = pytest.mark.django_db


def test_without_the_permission_no_page_shows_a_name_or_an_address(client):
    pledge = make_pledge(**PERSON)
    Message.queue(Message.Kind.CONFIRM, pledge)
    sign_in_with(client, "view_pledge", "change_pledge", "delete_pledge", "view_message")
    Entry.log(User.objects.last(), "change", about=pledge)
    for path in (LIST, change_path(pledge), f"{LIST}{pledge.pk}/delete/", "/admin/", "/admin/pledges/message/"):
        response = client.get(path)
        assert response.status_code == 200 and "Drita" not in response.text and "drita.kola" not in response.text, path
    assert "find/" not in client.get(LIST).text
    assert client.post(f"{LIST}find/", {"person": PERSON["address"]}).status_code == 403
    sign_in(client, make_staff("view_pledge"))
    assert "Drita" not in client.get(change_path(pledge)).text
    assert client.post(change_path(pledge), {"language": "en"}).status_code == 403


def test_with_the_permission_name_and_address_are_shown_and_never_digests_and_ciphertexts(client):
    pledge = make_pledge(network="192.0.2.1", **PERSON)
    sign_in_with(client, "view_pledge", "see_people")
    for path in (LIST, change_path(pledge)):
        page = client.get(path).text
        assert "Drita Kola" in page and PERSON["address"] in page
    assert not re.search("digest|cipher|link_version|slot", page)
    Pledge.objects.update(name_cipher=b"\x00" * 40)
    page = client.get(LIST, headers=ENGLISH).text
    assert "cannot be decrypted" in page and PERSON["address"] in page


def test_staff_neither_add_a_pledge_nor_delete_one_without_a_message(admin_client):
    assert admin_client.get(f"{LIST}add/").status_code == 403
    pledge = make_pledge()
    assert "delete_selected" not in admin_client.get(LIST).text
    run_action(admin_client, "delete_selected", pledge, post="yes")
    assert Pledge.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_no_http_method_on_a_page_of_a_pledge_is_a_server_error(admin_client):
    path = f"{LIST}{make_pledge().pk}/change/"
    for method in ("put", "patch", "delete", "options", "trace", "head", "post"):
        assert admin_client.generic(method.upper(), path).status_code < 500, method


def test_an_address_is_found_in_any_spelling_and_stays_out_of_urls_and_history(admin_client):
    pledge, second = make_pledge("Drita Kola", "drita.kola@gmail.com"), make_pledge("Besa Kola", "dritakola@gmail.com")
    make_pledge()
    response = admin_client.post(f"{LIST}find/", {"person": " Drita.Kola+zotimi@GMAIL.com"}, follow=True)
    assert response.redirect_chain == [(f"{LIST}?id__in={pledge.pk},{second.pk}".replace(",", "%2C"), 302)]
    assert {row.pk for row in response.context["cl"].result_list} == {pledge.pk, second.pk}
    assert not Entry.objects.exclude(action="look").exists()


@pytest.mark.cases(
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


def test_an_invalid_filter_or_day_is_refused_and_no_server_error(admin_client):
    make_pledge(**PERSON)
    queries = {"id__in=nonsense": 302, "address_digest=abc": 400, "name_cipher__contains=a": 400}
    queries |= dict.fromkeys([f"created_at_to={day}" for day in ("yesterday", "2026-02-30", "9999-12-31", "%00")], 302)
    assert {query: admin_client.get(f"{LIST}?{query}").status_code for query in queries} == queries


def test_the_page_says_who_else_pledged_from_the_address(admin_client):
    first, second = (make_pledge(f"{name} Kola", "kola@shembull.al") for name in ("Drita", "Besnik"))
    other = make_pledge()
    page = admin_client.get(change_path(second), headers=ENGLISH).text
    assert f'<a href="{change_path(first)}">{first}</a>' in page and change_path(other) not in page


def listed_ids(client, query):
    return [pledge.pk for pledge in client.get(f"{LIST}?{query}").context["cl"].result_list]


def test_days_begin_at_midnight_in_albania(admin_client):
    moments = ["2026-03-10T22:59Z", "2026-03-10T23:00Z", "2026-03-11T22:59Z", "2026-03-11T23:00Z"]
    pledges = [make_pledge(state="invalidated") for _ in moments]
    for pledge, moment in zip(pledges, moments, strict=True):
        at = datetime.fromisoformat(moment)
        Pledge.objects.filter(pk=pledge.pk).update(created_at=at, confirmed_at=at, invalidated_at=at)
    day = {pledge.pk for pledge in pledges[1:3]}
    for field in ("created_at", "confirmed_at", "invalidated_at"):
        assert set(listed_ids(admin_client, f"{field}_from=2026-03-11&{field}_to=2026-03-11")) == day
        assert set(listed_ids(admin_client, f"{field}_from=2026-03-11")) == day | {pledges[3].pk}
        assert set(listed_ids(admin_client, f"{field}_to=2026-03-11")) == day | {pledges[0].pk}
    page = admin_client.get(f"{LIST}?state__exact=pending&created_at_from=2026-03-11").text
    assert '<input type="hidden" name="state__exact" value="pending">' in page
    assert 'name="created_at_from" value="2026-03-11"' in page


def make_pledges(number):
    """Add pledges until there are `number`, each signed one second before the next. Only the first can be decrypted."""
    make_copies(make_pledge(), number - 1, created_at="created_at - n * interval '1 second'")


def test_pages_have_neither_gaps_nor_duplicates(admin_client):
    make_pledges(120)
    pages = [listed_ids(admin_client, f"p={number}") for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 50, 20]
    newest = Pledge.objects.order_by("-created_at", "-pk").values_list("pk", flat=True)
    assert sum(pages, []) == list(newest)
    for beyond in ("4", "99999999999999999999", "-1", "x"):
        assert listed_ids(admin_client, f"p={beyond}") in pages


def test_a_long_list_has_an_estimated_count_and_a_short_one_an_exact_count(admin_client, monkeypatch):
    monkeypatch.setattr("staff.admin.lists.COUNT_LIMIT", 100)
    make_pledges(1500)
    sql("ANALYZE pledges_pledge")
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
    for _ in range(2):
        make_pledge()
    few = queries()
    for number in range(10):
        make_pledge(sector=["parents", "teachers"][number % 2], county_id=None if number % 2 else "AL-01")
    assert queries() == few
    # Five of these belong to the session, its renewal, whom the reason has shown, and the second factor.
    assert few <= 14


# What the record keeps of looks and changes


def views_logged():
    return [(entry.user_id, set(entry.subject_ids), entry.details) for entry in Entry.objects.filter(action="look")]


def test_24_every_view_of_people_is_logged_by_pledge(admin_client, client):
    pledge, other = make_pledge(**PERSON), make_pledge()
    user = User.objects.get().pk
    admin_client.get(LIST)
    admin_client.get(change_path(pledge))
    admin_client.post(f"{LIST}find/", {"person": PERSON["address"]})
    save_correction(admin_client, pledge, asked="")
    listed, opened, found, before, again = reversed(views_logged())
    assert listed == (user, {pledge.pk, other.pk}, {"page": "list"})
    assert opened == (user, {pledge.pk}, {"page": "pledge"})
    assert found == (user, {pledge.pk}, {"page": "find"})
    assert before == again == opened
    # Who sees no names leaves no view.
    sign_in_with(client, "view_pledge", "change_pledge")
    client.get(LIST), client.get(change_path(pledge))
    assert len(views_logged()) == 5
    admin_client.post(
        change_path(pledge), filled(admin_client.get(change_path(pledge)), name="Drita Kolaj", asked="own")
    )
    admin_client.post(f"{LIST}{pledge.pk}/delete/", {"post": "yes", "asked": "phone"})
    assert [entry.action for entry in Entry.objects.exclude(action="look")] == ["erase", "change"]
    text = str(Entry.objects.values_list())
    assert "Drita" not in text and "shembull" not in text


@pytest.mark.django_db(transaction=True)
def test_no_name_is_shown_when_the_audit_log_cannot_be_written(admin_client):
    pledge = make_pledge(**PERSON)
    admin_client.raise_request_exception = False
    sql("ALTER TABLE staff_entry ADD CONSTRAINT full_disk CHECK (action <> 'look') NOT VALID")
    try:
        for path in (LIST, change_path(pledge)):
            response = admin_client.get(path)
            assert response.status_code == 500
            assert "Drita" not in response.text
        assert admin_client.post(f"{LIST}find/", {"person": PERSON["address"]}).status_code == 500
    finally:
        sql("ALTER TABLE staff_entry DROP CONSTRAINT full_disk")


# Erasing


def test_erasing_asks_first_and_sends_the_last_message(admin_client, mailoutbox):
    pledge = make_pledge(state="confirmed", **PERSON)
    Message.queue(Message.Kind.LINKS, pledge)
    path = f"{LIST}{pledge.pk}/delete/"
    page = admin_client.get(path, headers=ENGLISH).text
    assert "Erase Drita Kola?" in page and "The email “your pledge has been erased” goes to d…@shembull.al" in page
    assert Entry.objects.get(action="look").subject_ids == [pledge.pk]
    admin_client.post(path, {"post": "yes"})
    assert exact_total() == 1, "the request's channel is missing"
    admin_client.post(path, {"post": "yes", "asked": "letter"})
    assert exact_total() == 0
    assert Entry.objects.get(action="erase").details == {"asked": "letter"}
    run_worker()
    assert [mail.to for mail in mailoutbox] == [[PERSON["address"]]]


def test_a_pledge_whose_address_cannot_be_decrypted_is_not_erased(admin_client):
    """The key may be missing by mistake. Once it is back, the last message can be sent."""
    locked = make_pledge()
    Pledge.objects.update(address_cipher=b"\x00" * 40)
    data = {"post": "yes", "asked": "phone"}
    page = admin_client.post(f"{LIST}{locked.pk}/delete/", data, headers=ENGLISH, follow=True)
    assert "We cannot decrypt the address of this pledge" in page.text
    assert Pledge.objects.exists() and not Entry.objects.filter(action="erase").exists()


def test_corrections_are_saved_and_the_totals_follow(admin_client):
    pledge = make_pledge(sector="parents", show_name=True, **PERSON)
    teachers = Sector.objects.get(slug="teachers")
    page = admin_client.get(change_path(pledge))
    # Only what was changed is written: what the person and a colleague do meanwhile stays.
    pledge.confirm()
    Pledge.objects.update(show_name=False)
    save_correction(admin_client, pledge, name="Drita Kolaj")
    corrected = {"sector": teachers.pk, "county": "AL-01", "language": "en", "updates": "on", "asked": "phone"}
    more = {"state": "pending", "address": "x@shembull.al", "consent": "1", "slot": "2"}
    assert admin_client.post(change_path(pledge), filled(page, **corrected, **more)).status_code == 302
    pledge.refresh_from_db()
    assert (pledge.sector, pledge.county_id, pledge.language, pledge.updates) == (teachers, "AL-01", "en", True)
    assert (pledge.state, pledge.address, pledge.slot) == ("confirmed", PERSON["address"], 1)
    assert (pledge.name, pledge.show_name) == ("Drita Kolaj", False)
    assert {sector.slug: n for sector, n in tally.read().sectors}["teachers"] == exact_total() == 1
    history = admin_client.get(f"{LIST}{pledge.pk}/history/", headers=ENGLISH, follow=True).text
    assert "fields: group, county, language, wants news" in history


def test_an_address_that_looks_misspelt_is_questioned_once(admin_client):
    pledge = make_pledge(state="confirmed", **PERSON)
    page = admin_client.get(change_path(pledge))
    typed = {"new_email": "drita@gmial.com", "asked": "phone"}
    asked = admin_client.post(change_path(pledge), filled(page, **typed), headers=ENGLISH)
    assert "Did you mean drita@gmail.com? If not, save it again." in asked.text
    pledge.refresh_from_db()
    assert pledge.new_address_cipher is None
    assert admin_client.post(change_path(pledge), filled(asked)).status_code == 302
    pledge.refresh_from_db()
    assert pledge.new_address == "drita@gmial.com"


def test_what_cannot_be_saved_is_said_and_the_input_is_kept(admin_client):
    young = make_pledge(sector="youth")
    first, _second = (make_pledge(f"{name} Kola", "kola@shembull.al") for name in ("Drita", "Besnik"))
    for pledge, changes, sentence in (
        (young, {"show_name": "on"}, "Names in this group are never shown."),
        (first, {"name": "Drita Kolaj", "asked": ""}, "Say how the request was made."),
        (first, {"name": "KOLA Besnik"}, "There is already a pledge with this name from this address."),
    ):
        page = save_correction(admin_client, pledge, **changes)
        assert page.status_code == 200 and sentence in page.text and changes.get("name", "") in page.text
    assert not Pledge.objects.filter(show_name=True).exists()
    assert {pledge.name for pledge in Pledge.objects.at_address("kola@shembull.al")} == {"Besnik Kola", "Drita Kola"}
    # Without a change there is no message and no line of the log either.
    assert save_correction(admin_client, first).status_code == 302
    assert not Message.objects.exists() and not Entry.objects.filter(action="change").exists()


def test_a_corrected_name_is_known_by_its_new_digest_and_the_person_is_told(admin_client, mailoutbox):
    pledge = make_pledge(state="confirmed", language="en", **PERSON)
    assert save_correction(admin_client, pledge, name="Drita  Kolaj", county="").status_code == 302
    pledge.refresh_from_db()
    assert (pledge.name, pledge.address, pledge.county) == ("Drita Kolaj", PERSON["address"], None)
    make_submission("Kolaj DRITA", PERSON["address"])
    run_worker()
    assert Pledge.objects.get() == pledge
    [mail] = mailoutbox
    assert (mail.to, mail.subject) == ([PERSON["address"]], "We have updated your details")
    assert "Hello, Drita Kolaj." in mail.body
    assert "County: not given" in mail.body
    assert len(links_in(mail, "manage")) == 1
    [entry] = Entry.objects.filter(action="change")
    assert (entry.subject_ids, entry.details) == ([pledge.pk], {"asked": "phone", "fields": ["name", "county"]})


def test_a_new_address_waits_until_it_is_confirmed_there_and_the_old_one_is_told(admin_client, client, mailoutbox):
    pledge = make_pledge(state="confirmed", language="en", **PERSON)
    save_correction(admin_client, pledge, new_email="drita@tjeter.al")
    pledge.refresh_from_db()
    assert (pledge.address, pledge.new_address) == (PERSON["address"], "drita@tjeter.al")
    run_worker()
    told = {mail.to[0]: mail for mail in mailoutbox}
    assert set(told) == {PERSON["address"], "drita@tjeter.al"}
    assert "You have also given us another address." in told[PERSON["address"]].body
    [link] = links_in(told["drita@tjeter.al"], "new_address")
    client.post(link)
    pledge.refresh_from_db()
    assert (pledge.address, pledge.new_address) == ("drita@tjeter.al", None)
    assert "tjeter" not in str(Entry.objects.values_list("details"))


def test_a_corrected_address_of_a_pending_pledge_gets_all_messages_and_confirms(admin_client, client, mailoutbox):
    pledge = make_pledge(name="Drita Kola", address="drita@gabim.al")
    save_correction(admin_client, pledge, new_email="drita@sakte.al")
    run_worker()
    assert [mail.to for mail in mailoutbox] == [["drita@sakte.al"]]
    client.post(links_in(mailoutbox[0], "new_address")[0])
    run_worker()
    assert exact_total() == 0, "the new address does not confirm the pledge; its own message does"
    assert mailoutbox[1].to == ["drita@sakte.al"]
    client.post(links_in(mailoutbox[1], "confirm")[0])
    assert exact_total() == 1


def test_name_and_address_are_corrected_by_those_only_who_see_them(admin_client, client):
    pledge = make_pledge(**PERSON)
    sign_in_with(client, "view_pledge", "change_pledge")
    save_correction(client, pledge, county="AL-01", name="Tjetër Emër", new_email="x@shembull.al")
    pledge.refresh_from_db()
    assert (pledge.county_id, pledge.name, pledge.new_address) == ("AL-01", "Drita Kola", None)
    Pledge.objects.update(name_cipher=b"\x00" * 40)
    page = admin_client.get(change_path(pledge), headers=ENGLISH)
    assert "cannot be decrypted" in page.text and "new_email" not in page.context["adminform"].form.fields


@pytest.mark.django_db(transaction=True)
def test_a_name_taken_concurrently_is_refused_by_the_database(admin_client):
    first, second = (make_pledge(f"{name} Kola", "kola@shembull.al") for name in ("Drita", "Besnik"))
    second.set_person("Ilir Kola", second.address)
    with held_open(lambda: second.save()):
        saving = begin(lambda: save_correction(admin_client, first, name="Ilir Kola"))
    assert saving.result(TIMEOUT).status_code == 302
    first.refresh_from_db()
    assert first.name == "Drita Kola"
