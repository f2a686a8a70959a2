"""Before an export or a look at more than 20 people: the second factor once more, and a reason that the audit log keeps."""

from functools import partial

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from reversion.models import Revision

from pledges.models import BlockedAddress, Export
from staff.accounts import sessions
from staff.admin import reauthentication
from staff.models import Entry
from tests.factories import app_code, make_pledge, make_staff, sign_in
from tests.pledges.desk.pages import ENGLISH, LIST, change_path, sign_in_with
from tests.threads import at_once, held_open

pytestmark = pytest.mark.django_db

REASON_PAGE = f"{LIST}reason/"
EXPORT = "/admin/pledges/export/add/"
WALL, BLOCKED = "/admin/pledges/wallname/", "/admin/pledges/blockedaddress/"
REASON = "calling those who asked to be called"
CODE = "/admin/account/again/code/"
PERMISSIONS = ["view_pledge", "change_pledge", "delete_pledge", "see_people", "export_pledges"]
PERMISSIONS += ["view_wallname", "change_wallname", "view_blockedaddress"]


@pytest.fixture
def staff(client):
    return sign_in_with(client, *PERMISSIONS)


def let_factor_age(client, seconds=sessions.RECENT_SECONDS + 1):
    session = client.session
    session[sessions.AUTHENTICATED_AT] -= seconds
    session.save()


def make_people(number, **values):
    return [make_pledge(f"Arta Dervishi {'abcdefghijklmnopqrstuvwxyz'[n]}", **values) for n in range(number)]


def looks():
    return list(Entry.objects.filter(action="look").order_by("pk"))


def test_a_factor_given_again_changes_the_key_of_the_session(staff):
    before = staff.cookies[settings.SESSION_COOKIE_NAME].value
    assert staff.post(f"{CODE}?next={LIST}", {"code": app_code()}).url == LIST
    assert staff.cookies[settings.SESSION_COOKIE_NAME].value != before
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = before
    assert thief.get(LIST).status_code == 302


def give_reason(client, back=LIST, reason=REASON):
    return client.post(f"{REASON_PAGE}?next={back}", {"reason": reason}, headers=ENGLISH)


def test_a_list_of_20_shows_names_and_one_of_21_needs_a_reason(staff, monkeypatch):
    make_people(20)
    assert "Arta Dervishi" in staff.get(LIST, headers=ENGLISH).text
    assert [entry.count for entry in looks()] == [20]
    make_people(1)
    page = staff.get(LIST, headers=ENGLISH)
    assert "Arta Dervishi" not in page.text and "@shembull.al" not in page.text
    assert f"{REASON_PAGE}?next=%2Fadmin%2Fpledges%2Fpledge%2F" in page.text
    assert [entry.count for entry in looks()] == [20], "no one was seen"
    for reason in ("", "  ", "work", "x" * 201):
        assert give_reason(staff, reason=reason).status_code == 200, reason
    assert "Arta Dervishi" not in staff.get(LIST, headers=ENGLISH).text
    assert give_reason(staff).url == LIST
    assert "Arta Dervishi" in staff.get(LIST, headers=ENGLISH).text
    assert (looks()[-1].count, looks()[-1].details) == (21, {"page": "list", "reason": REASON})
    # It holds for a quarter of an hour.
    monkeypatch.setattr(reauthentication, "REASON_SECONDS", 0)
    assert "Arta Dervishi" not in staff.get(LIST, headers=ENGLISH).text


def test_single_looks_add_up_and_the_same_person_counts_once(staff, monkeypatch):
    monkeypatch.setattr(reauthentication, "FREE_PEOPLE", 2)
    pledges = make_people(3)
    for pledge in [*pledges[:2], *pledges[:2]]:
        assert "Arta Dervishi" in staff.get(change_path(pledge), headers=ENGLISH).text
    path = change_path(pledges[2])
    assert staff.get(path).url == f"{REASON_PAGE}?next={path.replace('/', '%2F')}"
    assert staff.get(f"{LIST}{pledges[2].pk}/delete/").url.startswith(REASON_PAGE)
    assert give_reason(staff, back=path).url == path
    assert "Arta Dervishi" in staff.get(path, headers=ENGLISH).text


@pytest.mark.django_db(transaction=True)
def test_single_looks_at_once_add_up_too(staff, monkeypatch):
    monkeypatch.setattr(reauthentication, "FREE_PEOPLE", 2)
    paths, cookie = [change_path(pledge) for pledge in make_people(8)], staff.cookies[settings.SESSION_COOKIE_NAME]

    def shows_a_name(path):
        browser = Client()
        browser.cookies[settings.SESSION_COOKIE_NAME] = cookie.value
        return "Arta Dervishi" in browser.get(path, headers=ENGLISH).text

    assert at_once(*(partial(shows_a_name, path) for path in paths)).count(True) == 2
    assert sum(entry.count for entry in looks()) == 2


@pytest.mark.django_db(transaction=True)
def test_a_look_waits_for_no_row_that_is_stored_for_the_account(staff):
    path, account = change_path(make_pledge("Arta Dervishi")), User.objects.get()

    def store():
        Revision.objects.create(user=account, date_created=timezone.now())
        # The foreign key locks the account.
        connection.check_constraints()

    with connection.cursor() as cursor, held_open(store):
        cursor.execute("SET lock_timeout = '200ms'")
        assert "Arta Dervishi" in staff.get(path, headers=ENGLISH).text


def test_names_for_the_wall_and_blocked_addresses_are_people_too(staff):
    make_people(21, state="confirmed", show_name=True)
    for number in range(21):
        BlockedAddress.objects.add(f"zana{number}@shembull.al")
    for path, shown in ((WALL, "Arta Dervishi"), (BLOCKED, "zana7@shembull.al")):
        assert staff.get(path).url.startswith(REASON_PAGE)
        give_reason(staff, back=path)
        assert shown in staff.get(path).text and looks()[-1].details["reason"] == REASON


def test_a_reason_is_recorded_with_its_own_task_only(staff):
    pledges = make_people(21, state="confirmed", show_name=True)
    other = make_pledge("Besa Hoxha")
    give_reason(staff)
    assert "Arta Dervishi" in staff.get(LIST, {"state__exact": "confirmed"}, headers=ENGLISH).text
    # The page of someone whom the list has shown belongs to it, that of another person does not, nor does another list.
    assert "Arta Dervishi" in staff.get(change_path(pledges[20]), headers=ENGLISH).text
    assert looks()[-1].details["reason"] == REASON
    assert "Besa Hoxha" in staff.get(change_path(other), headers=ENGLISH).text
    assert "reason" not in looks()[-1].details
    assert staff.get(WALL).url.startswith(REASON_PAGE)


def test_the_page_of_the_reason_leads_to_this_site_only_and_needs_the_permission(staff):
    for address in ("https://evil.example/", "//evil.example/", "javascript:x()"):
        assert give_reason(staff, back=address).url == LIST
    assert sign_in(Client(), make_staff("view_pledge")).get(REASON_PAGE).status_code == 403


@pytest.mark.parametrize("path", [f"{REASON_PAGE}?next={LIST}", f"{EXPORT}?state__exact=confirmed"])
def test_the_second_factor_is_asked_again_and_a_password_is_not_enough(staff, path):
    assert staff.get(path).status_code == 200
    let_factor_age(staff)
    asked = staff.get(path)
    assert asked.url.startswith(f"{CODE}?next=")
    staff.post("/admin/account/again/", {"password": "shumë e fshehtë 1"})
    assert staff.get(path).url == asked.url
    assert staff.post(asked.url, {"code": app_code()}).url == path
    assert staff.get(path).status_code == 200


def test_an_export_needs_a_fresh_factor_and_a_reason_and_keeps_what_was_typed(staff):
    make_people(1)

    def export(**changes):
        data = {"content": "people", "format": "csv", "query": "state__exact=pending", "reason": REASON}
        return staff.post(EXPORT, data | changes, headers=ENGLISH)

    assert export(reason="").status_code == 200
    let_factor_age(staff)
    page = export().text
    assert "Confirm again that it is you" in page and f'href="{CODE}?' in page
    assert REASON in page and "state__exact=pending" in page
    assert not Export.objects.exists() and not Entry.objects.filter(action="export").exists()
    staff.post(CODE, {"code": app_code()})
    assert b"Arta Dervishi" in b"".join(export())
    assert Entry.objects.filter(action="export").order_by("pk").first().details["reason"] == REASON
