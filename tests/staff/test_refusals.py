"""The page of an action that a role does not permit: in words, with the people who may do it, and a way back."""

import pytest
from django.test import Client, RequestFactory
from django.urls import get_resolver

from staff.roles import Role
from tests.factories import sign_in
from tests.pages import Document
from tests.staff.accounts.test_accounts import make_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(client):
    """A client signed in as a writer, and colleagues in two other roles."""
    make_account("besa@shembull.al", Role.EDITOR, "Besa")
    make_account("gone@shembull.al", Role.EDITOR, "Gone").__class__.objects.filter(first_name="Gone").update(
        is_active=False
    )
    make_account("drita@shembull.al", Role.ADMINISTRATOR, "Drita")
    make_account("zana@shembull.al", Role.PLEDGES, "Zana")
    return sign_in(client, make_account("arta@shembull.al", Role.WRITER, "Arta"))


def refused(client, path, language="en", method="get", **headers):
    """The page of a refusal, and its words."""
    response = getattr(client, method)(path, headers={"accept-language": language, **headers})
    assert response.status_code == 403
    page = Document(response)
    return page, page.words(page.one("main", id="content-start"))


def test_a_refusal_names_what_is_not_allowed_and_who_may_do_it(writer):
    row = make_account("row@shembull.al", Role.PLEDGES, "Row")
    _page, words = refused(writer, f"/admin/staff/account/{row.pk}/change/")
    assert "Your role, writer, may not see “Accounts”." in words
    assert "Administrator Drita" in words and "Besa" not in words and "Zana" not in words
    _page, words = refused(writer, "/admin/campaign/term/add/")
    assert "Your role, writer, may not add anything in “Words to avoid”." in words
    assert "Safeguarding lead no account at the moment" in words


def test_a_refusal_names_no_account_that_is_switched_off(writer):
    _page, words = refused(writer, "/admin/campaign/picture/1/delete/")
    assert "Editor Besa " in words and "Gone" not in words


def test_a_refusal_is_in_the_language_of_its_reader(writer):
    page, words = refused(writer, "/admin/staff/account/", "sq")
    assert "Me rolin tuaj, autor, nuk mund të shihni pjesën „Llogaritë”." in words
    assert page.of(page.one("html"))["lang"] == "sq" and "role" not in words


def test_a_refusal_leads_back_to_the_page_before_if_that_is_ours(writer):
    def ways_back(referer):
        page, _words = refused(writer, "/admin/staff/account/", referer=referer)
        [ways] = page.all("p", **{"class": "panel-buttons ways-back"})
        return [page.of(link)["href"] for link in page.all("a", node=ways)]

    assert ways_back("http://testserver/admin/campaign/page/?q=a") == ["/admin/campaign/page/?q=a", "/admin/"]
    for other in ("https://example.org/admin/", "http://testserver/en/", "http://testserver/admin/staff/account/", ""):
        assert ways_back(other) == ["/admin/"]


def test_a_refused_form_says_that_nothing_was_changed(writer):
    _page, words = refused(writer, "/admin/campaign/term/add/", method="post")
    assert "Nothing was changed." in words


def test_an_account_without_a_role_reads_whom_to_ask(writer, client):
    account = make_account("dion@shembull.al", Role.WRITER, "Dion")
    account.groups.clear()
    _page, words = refused(sign_in(client, account), "/admin/campaign/page/")
    assert "Your account has no role yet." in words


def test_what_a_role_may_do_but_not_now_is_said(client):
    zana = sign_in(client, make_account("zana@shembull.al", Role.PLEDGES, "Zana"))
    _page, words = refused(zana, "/admin/pledges/pledge/add/")
    assert "No role may do it here." in words


def test_others_read_no_name_of_staff(writer):
    """The handler is the same for every address, and for sessions without a second factor."""
    request = RequestFactory().get("/admin/staff/account/")
    request.resolver_match = get_resolver().resolve(request.path)
    response = get_resolver().resolve_error_handler(403)(request, PermissionError())
    words = Document(response.content.decode()).words()
    assert response.status_code == 403 and "Drita" not in words


def test_a_missing_page_of_the_admin_keeps_staff_in_the_admin(writer):
    for path in ("/admin/pledges/mailing/999999/sending/", "/admin/nothing/"):
        response = writer.get(path, headers={"accept-language": "en", "referer": "http://testserver/admin/staff/"})
        page = Document(response)
        assert response.status_code == 404 and "what this page showed has been deleted since" in page.words()
        [ways] = page.all("p", **{"class": "panel-buttons ways-back"})
        assert [page.of(link)["href"] for link in page.all("a", node=ways)] == ["/admin/staff/", "/admin/"]
    # Others see that of the public site, which says nothing of the admin.
    response = Client().get("/admin/nothing/", headers={"accept-language": "en"})
    assert "has been deleted since" not in response.text and "/admin/staff/" not in response.text


def test_a_form_that_was_open_too_long_has_a_way_back():
    sender = Client(enforce_csrf_checks=True)
    response = sender.post("/admin/account/login/", {"login": "arta@shembull.al"}, headers={"accept-language": "en"})
    page = Document(response)
    assert response.status_code == 403 and "Back to the front page" in page.words()
