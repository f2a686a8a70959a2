"""A session that ends while a form is open, what a browser keeps of it, and colleagues who have the same form open."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from campaign.models import Page
from staff.accounts import sessions
from staff.accounts.sessions import SessionStore
from staff.models import Presence
from tests.factories import give_app, make_staff, make_upload, sign_in
from tests.pages import Document, filled
from tests.staff.accounts.test_accounts import make_account
from tests.staff.forms import ENGLISH, awake_url
from weare1.middleware import StaffSessionMiddleware

pytestmark = pytest.mark.django_db

LOST = "what you typed has not been saved"


@pytest.fixture
def zana():
    return make_account("zana@shembull.al", name="Zana Hoxha")


def about_path():
    return f"/admin/campaign/page/{Page.objects.get(key='about').pk}/change/"


def test_the_sign_in_page_says_that_a_form_without_a_session_was_not_saved(client, zana):
    data = filled(sign_in(client, zana).get(about_path()), title_en="Typed in vain?")
    Session.objects.all().delete()
    page = client.post(about_path(), data | {"_save": "1"}, headers=ENGLISH, follow=True)
    assert LOST in page.text and page.request["QUERY_STRING"].endswith("next=" + about_path().replace("/", "%2F"))
    assert Page.objects.get(key="about").title_en != "Typed in vain?"
    assert LOST not in client.get(about_path(), headers=ENGLISH, follow=True).text
    # A large file is refused before it is read.
    photo = SimpleUploadedFile("IMG_2041.JPG", make_upload(60, 40).read() + b"\0" * 1_000_000)
    assert LOST in client.post("/admin/campaign/picture/add/", {"file": photo}, headers=ENGLISH, follow=True).text
    assert not Session.objects.exists()


def test_a_form_that_was_open_during_a_sign_in_is_sent_with_the_token_of_its_script(zana):
    browser = Client(enforce_csrf_checks=True)
    page = sign_in(browser, zana).get(about_path())
    document = Document(page)
    [field] = document.all("input", node=document.one("form", id="page_form"), name="csrfmiddlewaretoken")
    form = filled(page, title_en="Typed before", csrfmiddlewaretoken=document.of(field)["value"])
    Session.objects.all().delete()
    assert browser.get(awake_url(page)).status_code == 403
    # The other window.
    sign_in(browser, zana)
    browser.cookies["csrftoken"] = "A" * 32
    assert browser.post(about_path(), form).status_code == 403
    token = browser.get(awake_url(page)).json()["token"]
    assert browser.post(about_path(), form | {"csrfmiddlewaretoken": token}).status_code == 302
    assert Page.objects.get(key="about").title_en == "Typed before"


def test_a_form_is_not_sent_in_the_session_of_another_account(client, zana):
    awake = awake_url(sign_in(client, zana).get(about_path()))
    other = sign_in(Client(), make_account())
    for url in (awake, f"{awake}x", "/admin/account/awake/"):
        assert other.get(url).status_code == 403
    assert client.get(awake).status_code == 200


def test_a_browser_keeps_no_page_of_the_admin(client, zana):
    sign_in(client, zana)
    for path in ("", "campaign/page/", "campaign/page/add/", "pledges/pledge/", "staff/account/add/", "account/"):
        assert "no-store" in client.get(f"/admin/{path}").headers["Cache-Control"], path


def test_colleagues_see_who_has_a_form_open_and_since_when(client, zana):
    awake = awake_url(sign_in(client, zana).get(about_path()))
    assert client.get(awake).json()["others"] == []
    arta = sign_in(Client(), make_account())
    [words] = arta.get(awake_url(arta.get(about_path())), headers=ENGLISH).json()["others"]
    assert words.startswith("Zana Hoxha has had this page open since ")
    # Not on another page, and not for long after the last sign of life.
    assert arta.get(awake_url(arta.get("/admin/campaign/page/"))).json()["others"] == []
    Presence.objects.update(seen_at=F("seen_at") - timedelta(minutes=11))
    assert arta.get(awake_url(arta.get(about_path()))).json()["others"] == []
    assert Presence.objects.count() == 1, "the older rows are erased"


# The store: keyed digests, expiry, concurrent requests of one session


INDEX = "/admin/"


@pytest.fixture
def besa(client):
    return sign_in(client, make_staff(superuser=True))


def session_cookie(client):
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_no_value_of_a_stored_session_opens_the_admin(besa):
    assert besa.get(INDEX).status_code == 200
    row = Session.objects.get()
    for stolen in (row.session_key, row.session_data, *row.get_decoded().values()):
        thief = Client()
        thief.cookies[settings.SESSION_COOKIE_NAME] = str(stolen)
        assert thief.get(INDEX).status_code == 302
    assert besa.get(INDEX).status_code == 200


def test_a_slow_request_does_not_undo_what_a_later_one_stored(besa):
    key = session_cookie(besa)

    def slow_view(request):
        assert request.session["_auth_user_id"]
        later = SessionStore(key)
        later["message"] = "Saved"
        later.save()
        return HttpResponse()

    request = RequestFactory().get("/admin/slow/", headers={"cookie": f"{settings.SESSION_COOKIE_NAME}={key}"})
    StaffSessionMiddleware(slow_view)(request)
    assert SessionStore(key)["message"] == "Saved"


def test_a_request_extends_its_session_and_cannot_revive_an_expired_one(besa):
    Session.objects.update(expire_date=timezone.now() + timedelta(seconds=30))
    assert besa.get(INDEX).status_code == 200
    assert Session.objects.get().expire_date > timezone.now() + timedelta(minutes=59)
    Session.objects.update(expire_date=F("expire_date") - timedelta(hours=2))
    assert besa.get(INDEX).status_code == 302
    assert not Session.objects.filter(expire_date__gt=timezone.now()).exists()


def test_the_session_gets_a_new_key_when_it_becomes_strong(client):
    user = make_staff("view_pledge")
    client.force_login(user)
    before = session_cookie(client)
    client.get(INDEX)
    give_app(user)
    request = client.get(INDEX).wsgi_request
    sessions.update_factors(request)
    request.session.save()
    assert request.session.session_key != before
    assert not SessionStore(before).exists(before)


@pytest.mark.parametrize("name", ["SESSION", "CSRF", "LANGUAGE"])
def test_cookies_of_the_admin_are_not_sent_by_other_sites_nor_read_by_scripts(name):
    attributes = {
        part: getattr(settings, f"{name}_COOKIE_{part}") for part in ("PATH", "HTTPONLY", "SAMESITE", "SECURE")
    }
    assert settings.SESSION_EXPIRE_AT_BROWSER_CLOSE
    assert attributes == {"PATH": "/admin/", "HTTPONLY": True, "SAMESITE": "Lax", "SECURE": settings.SECURE_SITE}
