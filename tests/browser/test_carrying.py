"""A session ends while a form is open: what was typed goes through the real sign-in and comes back, rich text too."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from campaign.models import Page
from tests.browser import in_two_views, press, press_in_editor
from tests.browser.axe import faults
from tests.browser.test_sign_in import give_passkeys, invited
from tests.factories import app_code, make_upload
from tests.staff.accounts.test_sign_in import PASSWORD
from tests.staff.test_carrying import ADDRESS, make_account

pytestmark = pytest.mark.django_db(transaction=True)

NOTES = {"sq": "Dolët nga llogaria para se kjo të ruhej", "en": "You were signed out before this was saved"}
BACK = {"sq": "Kjo është ajo që shkruat", "en": "This is what you typed"}


def about_path():
    return f"/admin/campaign/page/{Page.objects.get(key='about').pk}/change/"


def type_in(page):
    page.fill("#id_title_en", "Typed in vain?")
    press_in_editor(page.locator(".editor-text[lang=sq]"), "Control+End")
    page.keyboard.type(" Fjalë të ")
    page.keyboard.press("Control+b")
    page.keyboard.type("shkruara")
    expect(page.locator("#id_body_sq")).to_have_value(re.compile("Fjalë të <strong>shkruara</strong>"))


def lose_session_and_save(page):
    Session.objects.all().delete()
    press(page.locator("[name=_save]"))


def check_is_back_and_save(page):
    expect(page.locator("#id_title_en")).to_have_value("Typed in vain?")
    # The caret may have been anywhere in the text.
    expect(page.locator(".editor-text[lang=sq] strong", has_text="shkruara")).to_be_visible()
    about = Page.objects.get(key="about")
    assert about.title_en != "Typed in vain?"
    press(page.locator("[name=_save]"))
    about.refresh_from_db()
    assert about.title_en == "Typed in vain?" and "Fjalë të <strong>shkruara</strong>" in about.body_sq


@in_two_views
def test_a_form_comes_back_through_password_and_code(staff_visit, locale, width):
    language = locale[:2]
    visitor = staff_visit(make_account(), locale=locale, viewport={"width": width, "height": 800})
    page = visitor.page

    def look():
        assert faults(page, only_serious=True, frames=False) == {}
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url

    visitor.open(about_path())
    type_in(page)
    lose_session_and_save(page)
    expect(page.locator(".carried-note")).to_contain_text(NOTES[language])
    look()
    page.fill("#id_login", ADDRESS)
    page.fill("#id_password", PASSWORD)
    press(page.locator("form:has(#id_login) .default"))
    expect(page.locator(".carried-note")).to_be_visible()
    look()
    page.fill("#id_code", app_code())
    page.locator("form:has(#id_code) .default").click()
    # A script goes on from the page in between.
    expect(page.locator(".messagelist")).to_contain_text(BACK[language])
    look()
    check_is_back_and_save(page)


def test_a_form_comes_back_through_a_passkey(admin_visit):
    visitor = admin_visit(locale="en-GB")
    page = visitor.page
    give_passkeys(visitor)
    visitor.open(invited("en"))
    press(page.locator("button[name=passkey]"))
    page.locator("#passkey_add").click()
    page.wait_for_url("**/codes/")
    visitor.open(about_path())
    type_in(page)
    lose_session_and_save(page)
    expect(page.locator(".carried-note")).to_contain_text(NOTES["en"])
    page.locator("#passkey_login").click()
    expect(page.locator(".messagelist")).to_contain_text(BACK["en"])
    check_is_back_and_save(page)


def test_the_words_beside_a_photo_come_back_and_the_photo_is_named(staff_visit, tmp_path):
    photo = tmp_path / "IMG_2041.JPG"
    photo.write_bytes(make_upload(600, 400).read() + b"\0" * 5_000_000)
    visitor = staff_visit(make_account(), locale="en-GB", viewport={"width": 400, "height": 800})
    page = visitor.page
    visitor.open("/admin/campaign/picture/add/")
    page.set_input_files("#id_file", photo)
    page.fill("#id_alt_en", "Pupils in a yard")
    lose_session_and_save(page)
    page.fill("#id_login", ADDRESS)
    page.fill("#id_password", PASSWORD)
    press(page.locator("form:has(#id_login) .default"))
    page.fill("#id_code", app_code())
    page.locator("form:has(#id_code) .default").click()
    expect(page.locator(".messagelist")).to_contain_text("IMG_2041.JPG")
    expect(page.locator("#id_alt_en")).to_have_value("Pupils in a yard")
