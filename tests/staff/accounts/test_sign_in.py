"""Signing in: two factors, limits of wrong tries, session lifetime, log, passkeys."""

import base64
import hashlib
import json
import re
import time
from datetime import timedelta
from importlib import import_module

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.webauthn.internal.auth import STATE_SESSION_KEY
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from django.utils.http import int_to_base36

from staff import housekeeping, secrets
from staff.accounts import sessions
from staff.models import CacheEntry, Entry
from tests.factories import APP_SECRET, app_code, give_app, make_staff, sign_in
from tests.keys import rotate_keys
from tests.threads import at_once
from tests.weare1.test_headers import patterns

pytestmark = pytest.mark.django_db

ENGLISH = {"accept-language": "en"}
PASSWORD = "shumë e fshehtë 1"
LOGIN, CODE, INDEX = "/admin/account/login/", "/admin/account/login/code/", "/admin/"


def words(response):
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.fixture
def zana():
    """A staff account with a password and no second factor."""
    user = make_staff("view_pledge", username="zana@shembull.al")
    User.objects.filter(pk=user.pk).update(email="zana@shembull.al")
    user.refresh_from_db()
    return user


def give_password(client, password=PASSWORD, address="zana@shembull.al", **extra):
    return client.post(LOGIN, {"login": address, "password": password}, headers=ENGLISH, **extra)


def give_code(client, typed=None, **extra):
    return client.post(CODE, {"code": typed or app_code()}, headers=ENGLISH, **extra)


def is_signed_in(client):
    return client.get(INDEX).status_code == 200


# Two factors


def test_password_and_code_open_the_admin(client, zana):
    give_app(zana)
    assert client.get(INDEX).url == "/admin/login/?next=/admin/"
    assert client.get("/admin/login/?next=/admin/").url == f"{LOGIN}?next=%2Fadmin%2F"
    assert give_password(client).url == CODE
    assert not is_signed_in(client)
    assert give_code(client).url == INDEX
    assert is_signed_in(client)
    assert Entry.objects.get().details == {"by": ["password", "totp"]}


def test_a_password_alone_opens_only_the_page_for_the_second_factor(client, zana):
    give_password(client)
    for path in (
        INDEX,
        "/admin/pledges/pledge/",
        "/admin/account/",
        "/admin/account/password/",
        "/admin/account/codes/",
    ):
        response = client.get(path, follow=True)
        assert response.redirect_chain[-1][0] == "/admin/account/setup/", path
    assert client.get("/admin/account/awake/").status_code == 403


def test_registering_an_app_opens_the_admin_and_shows_recovery_codes_once(client, zana):
    give_password(client)
    page = words(client.get("/admin/account/app/", headers=ENGLISH))
    secret = re.search(r'id="secret">([A-Z2-7]{32})<', page)[1]
    assert 'style="' not in page and "<svg" in page and f"secret={secret}" in page and "Copy the key" in page
    assert "did not work" in words(client.post("/admin/account/app/", {"code": "000000"}, headers=ENGLISH))
    assert client.post("/admin/account/app/", {"code": app_code(secret)}).url == "/admin/account/codes/"
    assert is_signed_in(client)
    assert len(set(re.findall(r"<code>(\d{8})</code>", words(client.get("/admin/account/codes/"))))) == 10
    again = client.get("/admin/account/codes/", headers=ENGLISH)
    assert "<code>" not in words(again) and "10 codes are left" in words(again)
    assert [entry.details["done"] for entry in Entry.objects.filter(action="account")] == ["factor_added"]


def test_a_second_factor_is_required_before_adding_another(client, zana):
    give_password(client)
    # The owner registers a factor in another session.
    give_app(zana)
    assert client.get("/admin/account/app/").url.startswith(LOGIN)
    assert not client.get(LOGIN).wsgi_request.user.is_authenticated


def test_a_recovery_code_works_once(client, zana):
    give_app(zana)
    recovery = RecoveryCodes.activate(zana).get_unused_codes()[0]
    give_password(client)
    give_code(client, recovery)
    assert is_signed_in(client)
    client.post("/admin/logout/")
    give_password(client)
    assert "did not work" in words(give_code(client, recovery))


def test_a_code_of_the_app_works_once_even_in_the_next_period(client, zana, monkeypatch):
    give_app(zana)
    typed, now = app_code(), time.time()
    give_password(client)
    assert give_code(client, typed).status_code == 302
    other = Client()
    give_password(other)
    assert "did not work" in words(give_code(other, typed))
    monkeypatch.setattr("time.time", lambda: now + 31)
    assert "did not work" in words(give_code(other, f"{typed[:3]} {typed[3:]}"))
    assert give_code(other, app_code()).status_code == 302


@pytest.mark.parametrize("broken", ["is_active", "is_staff"])
def test_inactive_and_non_staff_accounts_get_the_same_error_as_unknown_ones(client, zana, broken):
    User.objects.filter(pk=zana.pk).update(**{broken: False})
    refused, unknown = give_password(client), give_password(client, address="nobody@shembull.al")
    assert refused.status_code == unknown.status_code == 200
    assert refused.context["form"].errors == unknown.context["form"].errors


class CountingHasher(MD5PasswordHasher):
    done = 0

    def encode(self, *args, **kwargs):
        CountingHasher.done += 1
        return super().encode(*args, **kwargs)


def test_known_and_unknown_addresses_cost_the_same_number_of_hashes(client, zana, settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    costs = []
    for address in ("zana@shembull.al", "nobody@shembull.al"):
        CountingHasher.done = 0
        give_password(client, "wrong", address)
        costs.append(CountingHasher.done)
    assert costs == [1, 1]


# Rate limits

TOO_MANY = "Too many wrong attempts"


def fail(client, times, **extra):
    for _ in range(times):
        response = give_password(client, "wrong", **extra)
    return words(response)


def test_after_five_wrong_passwords_even_the_right_one_waits_a_quarter_of_an_hour(client, zana, monkeypatch):
    now = time.time()
    # All five at one moment: a busy machine needs seconds for them, and the first would be forgotten before the last.
    monkeypatch.setattr("time.time", lambda: now)
    assert "is not correct" in fail(client, 5)
    assert TOO_MANY in words(give_password(client)) and "is not correct" in fail(client, 1, address="other@shembull.al")
    assert list(Entry.objects.values_list("action", "user_id")) == [("sign_in_failed", zana.pk)] * 5
    assert "shembull" not in str([entry.details for entry in Entry.objects.all()])
    monkeypatch.setattr("time.time", lambda: now + 899)
    assert TOO_MANY in words(give_password(client))
    monkeypatch.setattr("time.time", lambda: now + 901)
    assert give_password(client).status_code == 302


@pytest.mark.parametrize("wrong", ["000000", "12345678"])
def test_wrong_codes_count_even_if_the_password_is_right(client, zana, wrong):
    give_app(zana)
    RecoveryCodes.activate(zana)
    for _ in range(5):
        give_password(client)
        assert "did not work" in words(give_code(client, wrong))
        client.post("/admin/account/logout/")
    give_password(client)
    assert TOO_MANY in words(give_code(client)) and not is_signed_in(client)
    assert {entry.details["by"] for entry in Entry.objects.filter(action="sign_in_failed")} == {"totp"}


def guess_in_network(client, settings, **here):
    """Use up what a network may guess, which is made small."""
    assert settings.ACCOUNT_RATE_LIMITS["login_failed"].startswith("100/h/ip,")
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "4/h/ip,5/15m/key"}
    for number in range(4):
        assert "is not correct" in fail(client, 1, address=f"nobody{number}@shembull.al", **here)


def test_a_network_has_so_many_wrong_tries_an_hour_and_ipv6_counts_by_network(client, zana, settings):
    guess_in_network(client, settings, REMOTE_ADDR="2001:db8:1:abc::1")
    assert TOO_MANY in words(give_password(client, REMOTE_ADDR="2001:db8:1:abc::2"))
    assert give_password(client, REMOTE_ADDR="2001:db8:2::1").status_code == 302


def test_requests_of_unknown_networks_do_not_count_together(client, zana, settings):
    guess_in_network(client, settings, REMOTE_ADDR="")
    assert give_password(client, REMOTE_ADDR="").status_code == 302


def test_guessing_from_another_network_does_not_lock_out_the_owner(client, zana, monkeypatch):
    home, elsewhere = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "198.51.100.9"}
    give_app(zana)
    give_password(client, **home)
    give_code(client, **home)
    stranger = Client()
    fail(stranger, 5, **elsewhere)
    assert TOO_MANY in words(give_password(stranger, **elsewhere))
    assert give_password(Client(), address="Zana@shembull.al", **home).status_code == 302
    again = client.post("/admin/account/again/", {"password": PASSWORD}, headers=ENGLISH, **home)
    assert again.status_code == 302
    # There the account has a count of its own.
    assert "is not correct" in fail(Client(), 5, **home) and TOO_MANY in words(give_password(Client(), **home))
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 31 * 24 * 3600)
    fail(stranger, 5, **elsewhere)
    assert TOO_MANY in words(give_password(Client(), **home))


def test_guessing_in_an_office_does_not_lock_out_a_colleague(client, zana, settings):
    give_app(zana)
    give_password(client)
    give_code(client)
    guess_in_network(Client(), settings)
    colleague = Client()
    assert TOO_MANY in words(give_password(Client(), address="someone@shembull.al"))
    assert give_password(colleague).status_code == 302
    assert give_code(colleague, app_code(steps=1)).status_code == 302


def test_an_account_has_thirty_wrong_tries_a_day(client, zana, monkeypatch):
    now = time.time()
    for quarter in range(6):
        monkeypatch.setattr("time.time", lambda later=quarter * 901: now + later)
        assert "is not correct" in fail(client, 5, REMOTE_ADDR=f"192.0.2.{quarter}")
    monkeypatch.setattr("time.time", lambda: now + 6 * 901)
    assert TOO_MANY in words(give_password(client))


def test_a_used_code_does_not_clear_the_count_of_wrong_ones(client, zana):
    give_app(zana)
    used = app_code()
    give_password(client)
    give_code(client, used)
    other = Client()
    give_password(other)
    for typed in ["000000"] * 4 + [used, "000000"]:
        assert "did not work" in words(give_code(other, typed))
    assert TOO_MANY in words(give_code(other, app_code(steps=1)))


def test_the_challenges_of_passkeys_are_limited(client):
    for _ in range(30):
        assert client.get(PASSKEY, headers={"accept": "application/json"}).status_code == 200
    assert client.get(PASSKEY, headers={"accept": "application/json"}).status_code == 429
    assert client.get(PASSKEY, headers={"accept": "application/json"}, REMOTE_ADDR="192.0.2.1").status_code == 200


@pytest.fixture
def shared_cache(settings):
    """The cache of production: tests have one of their own process."""
    settings.CACHES = import_module("weare1.settings").CACHES


@pytest.mark.django_db(transaction=True)
def test_simultaneous_tries_are_all_counted_and_neither_address_nor_network_is_stored(zana, shared_cache):
    answers = at_once(*[lambda: fail(Client(), 1)] * 8)
    assert sum("is not correct" in answer for answer in answers) == 5
    with connection.cursor() as cursor:
        cursor.execute("SELECT staff_cacheentry::text FROM staff_cacheentry")
        stored = str(cursor.fetchall())
    assert stored != "[]" and "zana" not in stored and "127.0.0" not in stored
    CacheEntry.objects.update(expires=timezone.now() - timedelta(seconds=1))
    housekeeping.erase_rate_limits()
    assert not CacheEntry.objects.exists()


# Sessions


def test_a_session_ends_after_twelve_hours_even_if_active(client, zana):
    sign_in(client, zana)
    session = client.session
    session[sessions.STARTED_AT] -= sessions.MAX_AGE_SECONDS + 1
    session.save()
    response = client.get(INDEX, headers=ENGLISH, follow=True)
    assert response.redirect_chain[-1][0].startswith(LOGIN)
    assert "You have been signed out" in words(response)
    assert [entry.action for entry in Entry.objects.all()] == ["sign_out"]


def two_sessions(user):
    """Two clients of one user, each signed in with password and code."""
    clients = Client(), Client()
    for steps, client in enumerate(clients):
        give_password(client)
        give_code(client, app_code(steps=steps))
        assert is_signed_in(client)
    return clients


def test_a_new_password_ends_other_sessions(zana):
    give_app(zana)
    here, there = two_sessions(zana)
    new = {"new_password1": "tjetër e fshehtë 2", "new_password2": "tjetër e fshehtë 2"}
    assert here.post("/admin/account/password/", new).url == "/admin/account/"
    assert is_signed_in(here) and not is_signed_in(there)


def test_removing_a_factor_ends_other_sessions(zana):
    give_app(zana)
    passkey = Authenticator.objects.create(user=zana, type="webauthn", data={"name": "x", "credential": {}})
    here, there = two_sessions(zana)
    assert here.post("/admin/account/app/remove/").url == "/admin/account/"
    assert is_signed_in(here) and not is_signed_in(there)
    # The last factor cannot be removed.
    page = here.post(f"/admin/account/passkeys/{passkey.pk}/remove/", headers=ENGLISH, follow=True)
    assert "only second step" in words(page)
    assert Authenticator.objects.filter(user=zana).count() == 1


def test_account_changes_ask_for_a_factor_after_five_minutes_and_store_no_input(client, zana):
    give_app(zana)
    give_password(client)
    give_code(client)
    session = client.session
    session[sessions.AUTHENTICATED_AT] -= 301
    for record in session["account_authentication_methods"]:
        record["at"] -= 301
    session.save()
    typed = {"new_password1": "tjetër e fshehtë 2", "new_password2": "tjetër e fshehtë 2"}
    asked = client.post("/admin/account/password/", typed)
    assert asked.url == "/admin/account/again/?next=%2Fadmin%2Faccount%2Fpassword%2F"
    assert "tjetër" not in str(dict(client.session))
    for path in ("app/remove/", "passkeys/add/", "codes/", "codes/new/"):
        assert client.get(f"/admin/account/{path}").url.startswith("/admin/account/again/"), path
    assert "not your password" in words(client.post(asked.url, {"password": "wrong"}, headers=ENGLISH))
    before = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert client.post(asked.url, {"password": PASSWORD}).url == "/admin/account/password/"
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != before
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = before
    assert not is_signed_in(thief)
    assert client.post("/admin/account/password/", typed).url == "/admin/account/"


# Secrets


def test_secrets_are_encrypted_and_rotated_to_the_newest_key(client, zana, settings):
    old, new = settings.FIELD_KEYS[0], "bmV3IGtleSBuZXcga2V5IG5ldyBrZXkgbmV3IGtleSE="
    app = give_app(zana)
    seed = RecoveryCodes.activate(zana).get_unused_codes()
    for factor in Authenticator.objects.all():
        assert APP_SECRET not in str(factor.data) and seed[0] not in str(factor.data)
    before = Authenticator.objects.get(pk=app.pk).data["secret"]
    settings.FIELD_KEYS = [new, old]
    rotate_keys()
    assert secrets.rotate() == 0
    settings.FIELD_KEYS = [new]
    assert Authenticator.objects.get(pk=app.pk).data["secret"] != before
    assert Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes() == seed
    give_password(client)
    assert give_code(client).status_code == 302


def test_the_shared_cache_keeps_json_until_it_expires(shared_cache):
    assert cache.get("a") is None and cache.get("a", 5) == 5
    cache.set("a", [1.25, 2], 60)
    cache.set("a", [0.1 + 0.2], 60)
    assert cache.get("a") == [0.1 + 0.2] and not cache.add("a", 1, 60) and cache.add("b", True, 60)
    assert set(CacheEntry.objects.values_list("value", flat=True)) == {"[0.30000000000000004]", "true"}
    CacheEntry.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert cache.get("a") is None and cache.add("a", 2, 60) and cache.get("a") == 2
    assert cache.delete("a") and not cache.delete("a") and not cache.delete("b")


@pytest.mark.django_db(transaction=True)
def test_one_of_several_adds_an_entry_to_the_shared_cache_new_or_expired(shared_cache):
    for _ in range(2):
        assert sorted(at_once(*[lambda: cache.add("a", 1, 60)] * 4)) == [False] * 3 + [True]
        CacheEntry.objects.update(expires=timezone.now() - timedelta(seconds=1))


def test_there_is_no_registration_and_no_other_way_to_sign_in(client, zana):
    sign_in(client, zana)
    for path in ("signup/", "password/reset/", "email/", "login/code/confirm/", "social/"):
        assert client.get(f"/admin/account/{path}").status_code == 404, path


# Malformed passkeys.
HALVES = [
    '{"type": "public-key", "id": "eA", "response": {"userHandle": "MQ"}}',
    '{"type": "public-key", "id": "eA", "rawId": "eA", "response": "x"}',
    '{"type": "public-key", "id": "eA", "rawId": "eA", "response": {"clientDataJSON": "eA", "attestationObject": "eA"}}',
    '{"type": "public-key", "id": "eA", "rawId": "eA", "response": {"clientDataJSON": "eA", "authenticatorData": "eA"}}',
]


MALFORMED = [
    "x",
    "null",
    "[]",
    "1",
    "{}",
    '{"response": {}}',
    '{"response": {"userHandle": "MQ"}}',
    '{"id": 1}',
    *HALVES,
]


def test_a_malformed_passkey_does_not_sign_in(client, zana, subtests):
    for sent in ("", *MALFORMED):
        with subtests.test(sent):
            client.get("/admin/account/login/passkey/", headers={"accept": "application/json"})
            response = client.post("/admin/account/login/passkey/", {"credential": sent}, headers=ENGLISH, follow=True)
            assert response.redirect_chain[-1][0] == f"{LOGIN}?passkey"
            assert not is_signed_in(client)


@pytest.mark.slow
def test_a_malformed_passkey_is_not_registered(client, zana, subtests):
    sign_in(client, zana)
    half = Client()
    give_password(half)
    for sent in MALFORMED:
        with subtests.test(sent):
            client.get("/admin/account/passkeys/add/")
            assert client.post("/admin/account/passkeys/add/", {"name": "x", "credential": sent}).status_code == 200
            assert client.post("/admin/account/again/passkey/", {"credential": sent}).status_code in (200, 302)
            assert not Authenticator.objects.filter(type="webauthn").exists()
            assert half.post("/admin/account/login/code/", {"credential": sent}).status_code == 200
            assert not is_signed_in(half)


def test_a_passkey_with_an_unknown_key_is_refused(client, zana):
    """Well-formed and with the id of an account, but signed by an unknown key."""
    options = client.get("/admin/account/login/passkey/", headers={"accept": "application/json"}).json()
    challenge = options["request_options"]["publicKey"]["challenge"]
    seen = {"type": "webauthn.get", "challenge": challenge, "origin": "http://testserver", "crossOrigin": False}
    flags = hashlib.sha256(b"testserver").digest() + bytes([5]) + bytes(4)
    parts = {
        "clientDataJSON": json.dumps(seen).encode(),
        "authenticatorData": flags,
        "signature": b"x" * 64,
        "userHandle": int_to_base36(zana.pk).encode(),
    }
    packed = {name: base64.urlsafe_b64encode(part).rstrip(b"=").decode() for name, part in parts.items()}
    credential = {"type": "public-key", "id": "eA", "rawId": "eA", "response": packed, "clientExtensionResults": {}}
    sent = {"credential": json.dumps(credential)}
    response = client.post("/admin/account/login/passkey/", sent, headers=ENGLISH, follow=True)
    assert "did not work" in words(response) and not is_signed_in(client)


PASSKEY = "/admin/account/login/passkey/"


def test_a_challenge_of_a_passkey_is_used_once(client):
    client.get(PASSKEY, headers={"accept": "application/json"})
    assert STATE_SESSION_KEY in client.session
    client.post(PASSKEY, {"credential": HALVES[0]})
    assert STATE_SESSION_KEY not in client.session


@pytest.mark.slow
def test_strangers_create_no_session(client, zana):
    """Every address of the admin, with GET and POST, with and without a cookie of a session that does not exist.

    Only that of a passkey keeps its challenge in one.
    """
    routes = [re.sub(r"<[^>]+>", "1", route) for route, _name in patterns(get_resolver())]
    paths = {f"/{route.strip('^$')}" for route in routes if route.startswith("admin/")}
    assert len(paths) > 300
    for path in paths - {PASSKEY}:
        for cookie in ("", "x" * 32):
            client.cookies["sessionid"] = cookie
            client.get(path, headers={"accept": "application/json"})
            client.get(path)
            client.post(path, {"credential": HALVES[0], "login": "x@shembull.al", "password": "x", "code": "123456"})
    assert not Session.objects.exists() and not Entry.objects.exists()
