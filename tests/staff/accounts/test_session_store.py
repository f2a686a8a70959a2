"""The session store: keyed digests, expiry, concurrent requests of one session."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import F
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from staff.accounts import sessions
from staff.accounts.sessions import SessionStore
from tests.factories import give_app, make_staff, sign_in
from weare1.middleware import StaffSessionMiddleware

pytestmark = pytest.mark.django_db

INDEX = "/admin/"


@pytest.fixture
def colleague(client):
    return sign_in(client, make_staff(superuser=True))


def session_cookie(client):
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_no_value_of_a_stored_session_opens_the_admin(colleague):
    assert colleague.get(INDEX).status_code == 200
    row = Session.objects.get()
    for stolen in (row.session_key, row.session_data, *row.get_decoded().values()):
        thief = Client()
        thief.cookies[settings.SESSION_COOKIE_NAME] = str(stolen)
        assert thief.get(INDEX).status_code == 302
    assert colleague.get(INDEX).status_code == 200


def test_a_slow_request_does_not_undo_what_a_later_one_stored(colleague):
    key = session_cookie(colleague)

    def slow_view(request):
        assert request.session["_auth_user_id"]
        later = SessionStore(key)
        later["message"] = "Saved"
        later.save()
        return HttpResponse()

    request = RequestFactory().get("/admin/slow/", headers={"cookie": f"{settings.SESSION_COOKIE_NAME}={key}"})
    StaffSessionMiddleware(slow_view)(request)
    assert SessionStore(key)["message"] == "Saved"


def test_a_request_extends_its_session_and_cannot_revive_an_expired_one(colleague):
    Session.objects.update(expire_date=timezone.now() + timedelta(seconds=30))
    assert colleague.get(INDEX).status_code == 200
    assert Session.objects.get().expire_date > timezone.now() + timedelta(minutes=59)
    Session.objects.update(expire_date=F("expire_date") - timedelta(hours=2))
    assert colleague.get(INDEX).status_code == 302
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
