"""The page of an action that a role does not permit: in words, with the people who may do it."""

import pytest
from django.test import Client, RequestFactory
from django.urls import get_resolver

from staff.roles import Role
from tests.factories import sign_in
from tests.pages import Document
from tests.staff.accounts.test_accounts import make_account

pytestmark = pytest.mark.django_db

ENGLISH = {"accept-language": "en"}


@pytest.fixture
def writer(client):
    """A client signed in as a writer, and colleagues in two other roles."""
    make_account("besa@shembull.al", Role.EDITOR, "Besa")
    gone = make_account("gone@shembull.al", Role.EDITOR, "Gone")
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    make_account("drita@shembull.al", Role.ADMINISTRATOR, "Drita")
    return sign_in(client, make_account("arta@shembull.al", Role.WRITER, "Arta"))


def refused(client, path, method="get"):
    """The words of a refusal."""
    response = getattr(client, method)(path, headers=ENGLISH)
    assert response.status_code == 403
    page = Document(response)
    return page.words(page.one("main", id="content-start"))


def test_a_refusal_names_what_is_not_allowed_and_who_may_do_it(writer):
    words = refused(writer, "/admin/staff/account/1/change/")
    assert "Your role, writer, may not see “Accounts”." in words
    assert "Administrator Drita" in words and "Besa" not in words
    words = refused(writer, "/admin/campaign/term/add/", "post")
    assert "Your role, writer, may not add anything in “Words to avoid”." in words and "Nothing was changed." in words
    assert "Safeguarding lead no account at the moment" in words
    words = refused(writer, "/admin/campaign/picture/1/delete/")
    assert "Editor Besa " in words and "Gone" not in words


def test_an_account_without_a_role_and_what_cannot_be_done_now(client):
    zana = make_account("zana@shembull.al", Role.PLEDGES, "Zana")
    assert "Your role may do this, but not here or not now" in refused(
        sign_in(client, zana), "/admin/pledges/pledge/add/"
    )
    zana.groups.clear()
    assert "Your account has no role yet." in refused(client, "/admin/campaign/page/")


def test_others_read_no_name_of_staff(writer):
    """The handler is the same for every address, and for sessions without a second factor."""
    request = RequestFactory().get("/admin/staff/account/")
    request.resolver_match = get_resolver().resolve(request.path)
    response = get_resolver().resolve_error_handler(403)(request, PermissionError())
    words = Document(response.content.decode()).words()
    assert response.status_code == 403 and "Drita" not in words


def test_a_missing_page_of_the_admin_keeps_staff_in_the_admin(writer):
    for path in ("/admin/pledges/mailing/999999/sending/", "/admin/nothing/"):
        response = writer.get(path, headers=ENGLISH)
        assert response.status_code == 404 and "has been deleted since" in response.text
    # Others see that of the public site, which says nothing of the admin.
    assert "has been deleted since" not in Client().get("/admin/nothing/", headers=ENGLISH).text
