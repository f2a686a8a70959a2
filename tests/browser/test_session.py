"""A session ends while someone types: the form stays, the sign-in is in a new window, and the form is sent after it."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from campaign.models import Page
from tests.browser import in_two_views, press
from tests.browser.axe import faults
from tests.factories import app_code
from tests.staff.accounts.test_accounts import NEW, make_account

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = {"sq": "Dolët nga llogaria", "en": "You have been signed out"}


@in_two_views
def test_a_form_is_sent_after_the_sign_in_in_a_new_window(staff_visit, locale, width):
    account = make_account("zana@shembull.al")
    visitor = staff_visit(account, locale=locale, viewport={"width": width, "height": 800})
    page = visitor.page
    about = Page.objects.get(key="about")
    visitor.open(f"/admin/campaign/page/{about.pk}/change/")
    page.fill("#id_title_en", "Typed in vain?")
    Session.objects.all().delete()
    page.click("[name=_save]")
    dialog = page.locator("#signed-out")
    expect(dialog).to_contain_text(WORDS[locale[:2]])
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
