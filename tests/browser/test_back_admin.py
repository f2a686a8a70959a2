"""What was typed in the admin comes back by the back button, until its account signs out, and outlives the session."""

import re
import time

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from campaign.models import Page
from tests.browser import press, press_in_editor
from tests.browser.axe import faults
from tests.factories import app_code, make_upload
from tests.staff.accounts.test_accounts import NEW, make_account

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def path():
    """The address of the form of a page."""
    return f"/admin/campaign/page/{Page.objects.get(key='about').pk}/change/"


def leave(page):
    """Follow a link out of the form."""
    press(page.locator(".breadcrumbs a").first)


def type_in(page, title, rich):
    page.fill("#id_title_en", title)
    press_in_editor(page.locator(".editor-text[lang=en]"), "Control+End")
    page.keyboard.type(rich)
    expect(page.locator("#id_body_en")).to_have_value(re.compile(rich))


def check_is_back(page, title, rich):
    expect(page.locator("#id_title_en")).to_have_value(title)
    expect(page.locator(".editor-text[lang=en]")).to_contain_text(rich)
    expect(page.locator("#id_body_en")).to_have_value(re.compile(rich))


def test_back_shows_what_was_typed_before_a_link_after_a_refusal_and_after_saving(staff_visit, path):
    visitor = staff_visit()
    page = visitor.page
    visitor.open(path)
    type_in(page, "Typed in vain?", "Typed rich text")
    leave(page)
    page.go_back()
    check_is_back(page, "Typed in vain?", "Typed rich text")

    # The page of a refusal is the answer to a POST.
    page.fill("#id_title_sq", "")
    press(page.locator("[name=_save]"))
    expect(page.locator(".errornote")).to_be_visible()
    type_in(page, "Typed after the refusal", "More rich text")
    leave(page)
    page.go_back()
    expect(page.locator(".errornote")).to_be_visible()
    check_is_back(page, "Typed after the refusal", "More rich text")

    page.fill("#id_title_sq", "Titulli")
    press(page.locator("[name=_save]"))
    assert Page.objects.get(key="about").title_en == "Typed after the refusal"
    page.go_back()
    check_is_back(page, "Typed after the refusal", "More rich text")


def test_back_after_signing_out_shows_nothing(staff_visit, path):
    visitor = staff_visit()
    page = visitor.page
    visitor.open(path)
    type_in(page, "Typed in vain?", "Typed rich text")
    leave(page)
    press(page.locator("#logout-form button"))
    page.go_back()
    page.go_back()
    expect(page.locator("#id_login")).to_be_visible()
    assert "Typed" not in page.content()


def test_back_to_a_picture_that_was_refused_shows_its_words(staff_visit, tmp_path):
    file = tmp_path / "IMG_2041.JPG"
    file.write_bytes(make_upload(600, 400).read())
    visitor = staff_visit()
    page = visitor.page
    visitor.open("/admin/campaign/picture/add/")
    page.set_input_files("#id_file", file)
    page.fill("#id_alt_en", "Pupils in a yard")
    # A cookie signed in another second would differ, and the browser would not find the kept page.
    opened_in = int(time.time())
    while int(time.time()) == opened_in:
        page.wait_for_timeout(50)
    press(page.locator("[name=_save]"))
    expect(page.locator(".messagelist")).to_contain_text("IMG_2041.JPG")
    page.fill("#id_alt_sq", "Nxënës në oborr")
    leave(page)
    page.go_back()
    expect(page.locator("#id_alt_en")).to_have_value("Pupils in a yard")
    expect(page.locator("#id_alt_sq")).to_have_value("Nxënës në oborr")


def test_a_form_is_sent_after_the_sign_in_in_a_new_window(staff_visit):
    visitor = staff_visit(make_account("zana@shembull.al"), width=400)
    page = visitor.page
    about = Page.objects.get(key="about")
    visitor.open(f"/admin/campaign/page/{about.pk}/change/")
    page.fill("#id_title_en", "Typed in vain?")
    Session.objects.all().delete()
    page.click("[name=_save]")
    dialog = page.locator("#signed-out")
    expect(dialog).to_contain_text("You have been signed out")
    assert faults(page, only_serious=True, frames=False) == {}
    with page.context.expect_page() as opened:
        dialog.locator("a").click()
    window = opened.value
    window.fill("#id_login", "zana@shembull.al")
    window.fill("#id_password", NEW)
    press(window.locator("form:has(#id_login) .default"))
    window.fill("#id_code", app_code())
    press(window.locator("form:has(#id_code) .default"))
    window.close()
    expect(page.locator("#id_title_en")).to_have_value("Typed in vain?")
    press(page.locator("#signed-out-send"))
    about.refresh_from_db()
    assert about.title_en == "Typed in vain?"
