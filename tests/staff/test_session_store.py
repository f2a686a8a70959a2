"""The session store: keyed digests, expiry, concurrent requests of one session."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import F
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from staff.session_store import SessionStore
from tests.factories import make_staff, sign_in
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


def test_signing_out_deletes_the_session(colleague):
    key = session_cookie(colleague)
    colleague.post("/admin/account/logout/")
    assert not SessionStore(key).exists(key)
    assert not Session.objects.exists()
