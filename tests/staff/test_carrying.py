"""What was typed when the session ended: through sign-in and back into the form, for its account alone."""

import logging
import re
import zlib
from secrets import token_urlsafe

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from campaign.models import Page, Picture
from pledges.models import Sector
from staff import carried, secrets, uploads
from staff.accounts import sessions
from tests.factories import app_code, give_app, make_staff, make_upload, sign_in
from tests.pages import Document, filled
from tests.staff.accounts.test_sign_in import CODE, LOGIN, PASSWORD, words
from tests.staff.forms import ENGLISH, form_of, send

pytestmark = pytest.mark.django_db

ADDRESS = "zana@shembull.al"
RICH = "<p>Fjalë <strong>të shkruara</strong> me ë dhe ç</p>"


def make_account(address=ADDRESS):
    user = make_staff(superuser=True, username=address)
    User.objects.filter(pk=user.pk).update(email=address)
    user.refresh_from_db()
    give_app(user)
    return user


@pytest.fixture
def zana():
    return make_account()


@pytest.fixture
def browser():
    """A client that checks CSRF tokens, as every browser must pass."""
    return Client(enforce_csrf_checks=True)


def about_path():
    return f"/admin/campaign/page/{Page.objects.get(key='about').pk}/change/"


def typed_data(response, **changes):
    """The POST data of an admin form with these changes, with its hidden fields."""
    _action, hidden = form_of(response, having="_save")
    own = {name: hidden[name] for name in ("csrfmiddlewaretoken", carried.OPENED)}
    return filled(response, **changes) | own


def end_session(browser):
    """The session ends on the server, as after an hour; the cookies stay."""
    Session.objects.all().delete()


def type_and_lose(browser, user, path=None, **changes):
    """Open a form, type, lose the session and save: the answer."""
    path = path or about_path()
    page = sign_in(browser, user).get(path, headers=ENGLISH)
    changes = changes or {"title_en": "Typed in vain?", "body_sq": RICH}
    data = typed_data(page, **changes)
    end_session(browser)
    return browser.post(path, data, headers=ENGLISH)


def sign_in_from(browser, page, address=ADDRESS, code=None):
    """Go through password and code, beginning on a sign-in page: the answer after the code."""
    page = send(browser, page, action=LOGIN, having="login", login=address, password=PASSWORD)
    assert "Second step" in words(page)
    return send(browser, page, having="code", code=code or app_code())


def go_on(browser, page, **changes):
    """Press “Show what I typed”."""
    assert "What you typed is still here" in words(page)
    return send(browser, page, having=carried.FIELD, action=form_of(page, about_path())[0], **changes)


def value(page, name):
    return Document(page).of(Document(page).one("input", name=name)).get("value", "")


def check_is_back(page):
    text = words(page)
    assert value(page, "title_en") == "Typed in vain?"
    assert "&lt;strong&gt;të shkruara&lt;/strong&gt;" in text
    assert "It has not been saved yet" in text and "errornote" not in text
    assert Page.objects.get(key="about").title_en != "Typed in vain?"


def test_after_password_and_code_the_form_is_as_typed_unsaved_and_can_be_saved(browser, zana):
    page = type_and_lose(browser, zana)
    assert "You were signed out before this was saved" in words(page)
    page = go_on(browser, sign_in_from(browser, page))
    assert page.request["PATH_INFO"] == about_path()
    check_is_back(page)
    assert browser.post(about_path(), typed_data(page, _save="1")).status_code == 302
    about = Page.objects.get(key="about")
    assert about.title_en == "Typed in vain?" and about.body_sq == RICH


def test_a_recovery_code_brings_the_form_back(browser, zana):
    recovery = RecoveryCodes.activate(zana).get_unused_codes()[0]
    page = type_and_lose(browser, zana)
    check_is_back(go_on(browser, sign_in_from(browser, page, code=recovery)))


def test_wrong_passwords_codes_and_passkeys_and_a_new_start_keep_what_was_typed(browser, zana):
    page = type_and_lose(browser, zana)
    page = send(browser, page, action="/admin/account/login/passkey/", credential="{}")
    assert "This passkey did not work" in words(page)
    page = send(browser, page, having="login", login=ADDRESS, password="gabim")
    assert "is not correct" in words(page)
    page = send(browser, page, having="login", login=ADDRESS, password=PASSWORD)
    page = send(browser, page, action="/admin/account/logout/", having="next")
    page = send(browser, page, action=LOGIN, having="login", login=ADDRESS, password=PASSWORD)
    page = send(browser, page, having="code", code="000000")
    assert "did not work" in words(page)
    check_is_back(go_on(browser, send(browser, page, having="code", code=app_code())))


def test_inline_rows_come_back_too(browser, zana):
    sector = Sector.objects.get(slug="teachers")
    path = f"/admin/pledges/sector/{sector.pk}/change/"
    page = type_and_lose(browser, zana, path, **{"commitments-0-text_en": "Commitment typed"})
    page = sign_in_from(browser, page)
    page = send(browser, page, action=path)
    assert "Commitment typed" in words(page) and "not been saved" in words(page)
    assert sector.commitments.first().text_en != "Commitment typed"


def test_another_account_sees_a_sentence_and_nothing_of_it(browser, zana):
    make_account("arta@shembull.al")
    page = sign_in_from(browser, type_and_lose(browser, zana), "arta@shembull.al")
    text = words(page)
    assert "You are signed in with another account" in text
    assert "Typed in vain?" not in text and about_path() not in text
    # Nor by sending the token to the form.
    token = value_of_token(page)
    csrf = form_of(page, "/admin/account/logout/")[1]["csrfmiddlewaretoken"]
    sent = {carried.FIELD: token, "csrfmiddlewaretoken": csrf}
    refused = browser.post(about_path(), sent, headers=ENGLISH, follow=True)
    assert "Another account typed something here" in words(refused) and "Typed in vain?" not in words(refused)
    assert refused.redirect_chain == [("/admin/", 302)]
    # The right account sees it afterwards. The same secret in both apps, and each code works once for each account.
    page = send(browser, page, action="/admin/account/logout/", having=carried.FIELD)
    check_is_back(go_on(browser, sign_in_from(browser, page)))


def value_of_token(page):
    return re.search(rf'name="{carried.FIELD}" value="([^"]+)"', page.text)[1]


def send_token(browser, token, path=None):
    """Send a token to a form, in the session of the browser."""
    csrf = form_of(browser.get(about_path()), having="_save")[1]["csrfmiddlewaretoken"]
    data = {carried.FIELD: token, "csrfmiddlewaretoken": csrf}
    return browser.post(path or about_path(), data, headers=ENGLISH, follow=True)


def test_after_an_hour_a_sentence_says_so(browser, zana):
    token = value_of_token(type_and_lose(browser, zana))
    sign_in(browser, zana)
    check_is_back(send_token(browser, token))
    # As in the function that made it, an hour earlier.
    data = secrets.decrypt_bytes(token, secrets.CARRIED)
    assert aged(data, 3590) and aged(data, 3610)
    check_is_back(send_token(browser, aged(data, 3590)))
    page = send_token(browser, aged(data, 3610))
    assert "kept for one hour" in words(page) and "Typed in vain?" not in words(page)
    assert page.redirect_chain == [(about_path(), 302)]


def aged(data, seconds):
    """The token of this content, typed so many seconds earlier."""
    text = zlib.decompress(data).decode()
    at = float(re.search(r'"at": ([\d.]+)', text)[1])
    changed = text.replace(f'"at": {at}', f'"at": {at - seconds}')
    return secrets.encrypt_bytes(zlib.compress(changed.encode()), secrets.CARRIED)


@pytest.mark.slow
def test_a_token_opens_only_as_it_is_and_at_its_own_address(browser, zana):
    token = value_of_token(type_and_lose(browser, zana))
    sign_in(browser, zana)
    other = Page.objects.exclude(key="about").first()
    for path in (f"/admin/campaign/page/{other.pk}/change/", "/admin/campaign/page/add/", f"{about_path()}?x=1"):
        page = send_token(browser, token, path)
        assert "could not be read" in words(page) and "Typed in vain?" not in words(page), path
        assert page.redirect_chain == [("/admin/", 302)]
    middle = len(token) // 2
    edited = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    # A secret of a second factor is encrypted with the same key, for another purpose.
    for wrong in (edited, token[:-4], "", "x", "ë", secrets.encrypt("{}")):
        page = send_token(browser, wrong)
        assert "could not be read" in words(page) and "Typed in vain?" not in words(page)


@pytest.mark.parametrize("opened", [None, "", "x", "edited"])
def test_without_its_signature_a_form_is_not_carried(browser, zana, opened):
    page = sign_in(browser, zana).get(about_path())
    data = typed_data(page, title_en="Typed in vain?")
    end_session(browser)
    genuine = data.pop(carried.OPENED)[0]
    if opened is not None:
        data[carried.OPENED] = genuine[:-1] + ("A" if genuine[-1] != "A" else "B") if opened == "edited" else opened
    answer = browser.post(about_path(), data)
    assert answer.status_code == 302 and answer.url.startswith("/admin/login/?next=")


def test_a_post_that_fails_csrf_is_never_carried_without_a_session(browser, zana):
    page = sign_in(browser, zana).get(about_path())
    data = typed_data(page, title_en="Typed in vain?")
    end_session(browser)
    origins = [
        {},
        {"origin": "http://testserver"},
        {"origin": "https://evil.example"},
        {"referer": "http://testserver/"},
    ]
    for changes in ({"csrfmiddlewaretoken": ""}, {"csrfmiddlewaretoken": "A" * 64}):
        for headers in origins:
            answer = browser.post(about_path(), data | changes, headers=headers)
            assert answer.status_code == 403 and "carried" not in answer.text and "Typed in vain?" not in answer.text


# A POST without a valid CSRF token in a session that is there.

OWN = {"origin": "http://testserver", "accept-language": "en"}


def test_signing_in_in_another_tab_rotates_the_csrf_token_and_the_form_comes_back(browser, zana):
    page = sign_in(browser, zana).get(about_path(), headers=ENGLISH)
    data = typed_data(page, title_en="Typed in vain?", body_sq=RICH)
    end_session(browser)
    # The other tab.
    page = send(browser, browser.get(LOGIN), having="login", login=ADDRESS, password=PASSWORD)
    browser.post(CODE, form_of(browser.get(CODE), having="code")[1] | {"code": app_code()})
    page = browser.post(about_path(), data, headers=OWN)
    check_is_back(page)
    assert browser.post(about_path(), typed_data(page, _save="1")).status_code == 302
    assert Page.objects.get(key="about").title_en == "Typed in vain?"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "http://testserver.evil.example"},
        {"referer": "http://evil.example/?http://testserver/"},
        {"referer": "http://["},
        {"origin": "http://["},
        {"origin": "http://testserver", "sec-fetch-site": "same-site"},
    ],
)
def test_a_page_of_another_site_shows_nothing_in_the_session_of_the_victim(browser, zana, headers):
    page = sign_in(browser, zana).get(about_path())
    # As if the attacker had the signature of the form and a token as well.
    data = typed_data(page, title_en="Typed in vain?") | {"csrfmiddlewaretoken": "A" * 64}
    for sent in (data, {carried.FIELD: "x"}):
        answer = browser.post(about_path(), sent, headers={"accept-language": "en", **headers})
        assert answer.status_code == 403 and "Typed in vain?" not in answer.text
        assert "Copy what you typed" in words(answer)
    assert Page.objects.get(key="about").title_en != "Typed in vain?"


def test_a_form_that_an_attacker_prepared_for_a_victim_shows_nothing(browser, zana):
    """The attacker is a member of staff too and has the signature of a form and a token of their own."""
    arta = make_account("arta@shembull.al")
    attacker = Client(enforce_csrf_checks=True)
    token = value_of_token(type_and_lose(attacker, arta))
    opened = typed_data(sign_in(attacker, arta).get(about_path()))[carried.OPENED][0]
    sign_in(browser, zana).get(about_path())
    for sent in ({carried.FIELD: token}, {carried.OPENED: opened, "title_en": "Typed in vain?"}):
        answer = browser.post(about_path(), sent | {"csrfmiddlewaretoken": "A" * 64}, headers=OWN)
        assert answer.status_code == 403 and "Typed in vain?" not in answer.text


def test_signing_out_without_a_valid_token_is_refused_in_words(browser, zana):
    page = sign_in(browser, zana).get(about_path())
    opened = typed_data(page)[carried.OPENED]
    answer = browser.post("/admin/logout/", {carried.OPENED: opened, "csrfmiddlewaretoken": "A" * 64}, headers=OWN)
    assert answer.status_code == 403
    assert browser.get(about_path()).status_code == 200


# What is carried, and where it is not.


def test_passwords_are_never_carried(browser, zana):
    page = sign_in(browser, zana).get(about_path())
    data = typed_data(page, title_en="Typed") | {"password": "p1", "new_password1": "p2", "credential": "p3"}
    end_session(browser)
    answer = browser.post(about_path(), data, headers=ENGLISH)
    fields = dict(carried.unseal(value_of_token(answer), zana).fields)
    assert fields["title_en"] == "Typed"
    assert not fields.keys() & {"password", "new_password1", "credential", "csrfmiddlewaretoken", carried.OPENED}


def test_nothing_of_it_is_in_tables_sessions_logs_or_addresses(browser, zana, caplog, tables):
    caplog.set_level(logging.DEBUG)
    page = type_and_lose(browser, zana)
    assert not Session.objects.exists()
    page = sign_in_from(browser, page)
    token = value_of_token(page)
    go_on(browser, page)
    stored = tables() + caplog.text + str(dict(browser.session)) + str(browser.cookies)
    for secret in ("Typed in vain?", token[20:60]):
        assert secret not in stored
    assert "Typed" not in page.request["PATH_INFO"] + page.request["QUERY_STRING"]
    assert "no-store" in page.headers["Cache-Control"]


@pytest.fixture
def tables():
    """A function that returns all rows of all tables as text."""

    def read():
        rows = []
        for model in apps.get_models(include_auto_created=True):
            if not model._meta.proxy and model._meta.managed:
                with connection.cursor() as cursor:
                    cursor.execute(f'SELECT t::text FROM "{model._meta.db_table}" t')
                    rows += [row for (row,) in cursor.fetchall()]
        return "\n".join(rows)

    return read


def test_the_session_key_changes_when_the_account_signs_in(browser, zana):
    page = type_and_lose(browser, zana)
    fixed = "a" * 32
    browser.cookies["sessionid"] = fixed
    page = sign_in_from(browser, page)
    assert browser.cookies["sessionid"].value != fixed
    check_is_back(go_on(browser, page))


def test_the_way_back_is_never_an_address_of_another_site(browser, zana):
    page = type_and_lose(browser, zana)
    action, fields = form_of(page, having="login")
    fields |= {"login": ADDRESS, "password": PASSWORD, "next": "https://evil.example/"}
    page = browser.post(action.partition("?")[0] + "?next=//evil.example/", fields, headers=ENGLISH)
    page = send(browser, page, having="code", code=app_code())
    assert "evil.example" not in page.text
    check_is_back(go_on(browser, page))


def test_as_much_text_as_a_form_accepts_is_carried(browser, zana):
    # Letters with accents take six bytes each in a request.
    text = "<p>" + "Fjalë të gjata për fëmijët, një herë e përgjithmonë. " * 3200 + "</p>"
    page = type_and_lose(browser, zana, body_sq=text, title_en="Typed in vain?")
    page = go_on(browser, sign_in_from(browser, page))
    assert value(page, "title_en") == "Typed in vain?" and text[-60:-10] in page.text


def test_what_does_not_fit_through_sign_in_is_refused_in_words(browser, zana):
    noise = token_urlsafe(191_000)
    page = type_and_lose(browser, zana, body_sq=noise)
    assert "too long to come back here" in words(page) and noise[:40] not in page.text
    # More than a form accepts is not read.
    answer = browser.post(about_path(), {"body_sq": "x" * 300_000}, headers=ENGLISH)
    assert answer.status_code == 302


def test_a_file_is_not_carried_and_its_name_is_said(browser, zana):
    path = "/admin/campaign/picture/add/"
    page = sign_in(browser, zana).get(path, headers=ENGLISH)
    data = typed_data(page, alt_en="Pupils in a yard", file=None) | {"file": make_upload(60, 40, name="IMG_2041.JPG")}
    end_session(browser)
    page = browser.post(path, data, headers=ENGLISH)
    page = send(browser, sign_in_from(browser, page), action=path)
    text = words(page)
    assert value(page, "alt_en") == "Pupils in a yard"
    assert "Choose these files again" in text and "IMG_2041.JPG" in text
    assert not Picture.objects.filter(alt_en="Pupils in a yard").exists()


def lose_with_file(browser, user, upload, cookie=None, opened=True, **changes):
    """Open the form of a picture, choose a file, lose the session and save: the answer."""
    path = "/admin/campaign/picture/add/"
    page = sign_in(browser, user).get(path, headers=ENGLISH)
    data = typed_data(page, alt_en="Pupils in a yard", file=None, **changes) | {"file": upload}
    end_session(browser)
    if not opened:
        del data[carried.OPENED]
    if cookie is not None:
        browser.cookies[uploads.COOKIE] = cookie
    return browser.post(path, data, headers=ENGLISH)


def heavy(name="IMG_2041.JPG"):
    """A picture that is larger than a request of someone who is not signed in may be."""
    return SimpleUploadedFile(name, make_upload(60, 40).read() + b"\0" * 1_000_000)


def test_the_words_beside_a_large_file_are_carried_and_the_file_is_named(browser, zana):
    page = lose_with_file(browser, zana, heavy())
    assert "You were signed out before this was saved" in words(page)
    page = send(browser, sign_in_from(browser, page), action="/admin/campaign/picture/add/")
    text = words(page)
    assert value(page, "alt_en") == "Pupils in a yard"
    assert "Choose these files again" in text and "IMG_2041.JPG" in text
    assert not Picture.objects.filter(alt_en="Pupils in a yard").exists()


# The signature holds the time: an id of its own makes the name of the test the same in each process.
@pytest.mark.parametrize("cookie", ["", "1:forged", pytest.param(signing.dumps("1", salt="other"), id="other salt")])
def test_a_large_body_is_not_read_without_the_cookie_of_a_form_with_files(browser, zana, cookie):
    page = lose_with_file(browser, zana, heavy(), cookie=cookie)
    assert page.status_code == 302 and page.url.startswith(LOGIN)


def test_a_large_body_that_no_account_opened_leads_to_sign_in_and_carries_nothing(browser, zana):
    page = lose_with_file(browser, zana, heavy(), opened=False)
    page.close()
    assert page.status_code == 302 and "/login/" in page.url


def test_words_that_are_too_long_beside_a_large_file_are_refused_in_words(browser, zana):
    page = lose_with_file(browser, zana, heavy(), credit_en="x" * 300_000)
    assert page.status_code == 400 and "It was too long or damaged" in page.text


def test_a_form_without_files_sets_no_cookie_for_large_bodies(browser, zana):
    sign_in(browser, zana).get(about_path())
    assert uploads.COOKIE not in browser.cookies
    browser.get("/admin/campaign/picture/add/")
    cookie = browser.cookies[uploads.COOKIE]
    assert cookie["path"] == "/admin/" and cookie["httponly"] and cookie["samesite"] == "Strict"


# Pages of the admin with forms of their own, and confirming again


def test_a_form_that_cannot_be_shown_again_is_sent_again_with_one_press(browser, zana):
    path = "/admin/pledges/pledge/"
    page = sign_in(browser, zana).get(path, headers=ENGLISH)
    action, fields = form_of(page, "/admin/pledges/pledge/find/")
    end_session(browser)
    page = browser.post(action, fields | {"person": "drita kola@shembull.al"}, headers=ENGLISH)
    page = send(browser, sign_in_from(browser, page), action=action)
    text = words(page)
    assert "It was not sent" in text and "drita kola@shembull.al" in text and f'href="{path}"' in page.text
    answer = send(browser, page, action=action, having="person")
    # The search was carried out: it finds nothing, and keeps its words.
    assert "It was not sent" not in words(answer) and value(answer, "person") == "drita kola@shembull.al"


def let_factor_age(browser):
    session = browser.session
    session[sessions.AUTHENTICATED_AT] -= sessions.RECENT_SECONDS + 1
    session.save()


def test_confirming_again_carries_the_form_by_every_way(browser, zana):
    path = "/admin/staff/account/add/"
    page = sign_in(browser, zana).get(path, headers=ENGLISH)
    data = typed_data(page, first_name="Besa", email="besa@shembull.al", role="editor", language="en")
    let_factor_age(browser)
    page = browser.post(path, data, headers=ENGLISH)
    assert "Confirm on this page that it is you" in words(page)
    # The other ways are buttons here, not links, which would lose it.
    page = send(browser, page, action="/admin/account/again/", show="1")
    page = send(browser, page, having="password", password="gabim")
    assert "not your password" in words(page)
    page = send(browser, page, action="/admin/account/again/code/", show="1")
    page = send(browser, send(browser, page, having="code", code=app_code()), action=path)
    assert value(page, "first_name") == "Besa" and "not been saved" in words(page)
    assert not User.objects.filter(email="besa@shembull.al").exists()
    assert send(browser, page, having="_save", _save="1", role="editor", language="en").status_code == 302
    assert User.objects.filter(email="besa@shembull.al").exists()


def test_without_a_second_step_the_form_waits_until_one_is_set_up(browser, zana):
    page = sign_in(browser, zana).get(about_path(), headers=ENGLISH)
    data = typed_data(page, title_en="Typed in vain?", body_sq=RICH)
    session = browser.session
    session[sessions.SECOND_FACTORS] = []
    session.save()
    zana.authenticator_set.all().delete()
    page = browser.post(about_path(), data, headers=ENGLISH)
    assert "no second step now" in words(page)
    page = send(browser, page, action=about_path())
    assert "no second step now" in words(page)
    give_app(zana)
    session = browser.session
    session[sessions.SECOND_FACTORS] = sessions.second_factor_ids(zana)
    session.save()
    check_is_back(send(browser, page, action=about_path()))
