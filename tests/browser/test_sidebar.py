"""The sidebar of the admin in a browser: it shows where one is and, on a phone, opens without a script."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import faults
from tests.browser.test_checks import at_both_widths, sides
from tests.factories import make_staff

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/admin/staff/entry/"


@at_both_widths
def test_the_sidebar_shows_where_one_is(staff_visit, width, locale, scheme):
    colleague = staff_visit(
        make_staff(superuser=True), locale=locale, viewport={"width": width, "height": 700}, color_scheme=scheme
    )
    page = colleague.page
    colleague.open(PAGE)
    nav = page.locator("#nav-sidebar")
    if width < 768:
        expect(nav).to_be_hidden()
        page.locator(".sidebar-opener a").click()
        expect(page.locator(".sidebar-opener a")).to_be_hidden()
    present = nav.locator("[aria-current]")
    expect(present).to_have_attribute("href", PAGE)
    expect(present).to_be_in_viewport()
    assert nav.locator("details[open]").count() == 1
    if width < 768:
        sizes = [each.bounding_box()["height"] for each in nav.locator("summary, a:visible, input").all()]
        assert min(sizes) >= 44
    assert sides(page) <= 0
    assert faults(page, within="#nav-sidebar") == {}
    if width < 768:
        nav.locator(".sidebar-link").click()
        expect(nav).to_be_hidden()


def test_the_filter_finds_what_is_in_closed_sections(staff_visit):
    colleague = staff_visit(make_staff(superuser=True), locale="en-GB", viewport={"width": 1280, "height": 900})
    colleague.open(PAGE)
    page = colleague.page
    page.locator("#nav-filter").fill("glossary nowhere")
    assert page.locator("#nav-sidebar th a:visible").count() == 0
    page.locator("#nav-filter").fill("goa")
    assert page.locator("#nav-sidebar th a:visible").all_inner_texts() == ["Goals"]
    page.locator("#nav-filter").fill("")
    assert page.locator("#nav-sidebar details[open]").count() == 1


def test_without_a_script_a_phone_opens_and_closes_the_sidebar(staff_visit):
    colleague = staff_visit(
        make_staff(superuser=True), viewport={"width": 360, "height": 700}, java_script_enabled=False
    )
    colleague.open(PAGE)
    page = colleague.page
    page.locator(".sidebar-opener a").click()
    expect(page.locator("#nav-sidebar [aria-current]")).to_be_visible()
    page.locator("#nav-sidebar .sidebar-link").click()
    expect(page.locator("#nav-sidebar")).to_be_hidden()
