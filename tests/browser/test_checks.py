"""The panel “Before you publish” and the chooser of links in a browser."""

import pytest
from playwright.sync_api import expect

from tests.browser import press, press_in_editor
from tests.browser.axe import faults
from tests.browser.test_editor import change_path, sent, text_of, toolbar_of
from tests.campaign.pages.test_content import make_page
from tests.drafts import make_hidden
from tests.factories import make_staff

pytestmark = pytest.mark.django_db(transaction=True)

at_both_widths = pytest.mark.parametrize(
    ("width", "locale", "scheme"), [(1280, "en-GB", "light"), (400, "sq-AL", "dark")]
)
BROKEN = '<h3>Later</h3><p><a href="/en/nowhere/">Read on</a></p><p>It happens to 20% of children.</p>'


def sides(page):
    """How many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@at_both_widths
def test_check_lists_what_to_fix_and_leads_to_the_editor(staff_visit, width, locale, scheme):
    page = make_hidden(make_page)
    colleague = staff_visit(
        make_staff(superuser=True), locale=locale, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    desk = colleague.page
    colleague.open(change_path(page))
    press_in_editor(text_of(desk, "en"), "Control+a")
    desk.keyboard.type("Child pornography is a crime.")
    press(desk.locator("[name=_check]"))
    panel = desk.locator("#before-you-publish")
    expect(panel).to_be_in_viewport()
    expect(panel.locator(".check-words q")).to_have_text("Child pornography")
    page.refresh_from_db()
    assert page.body_en == "<p>The text.</p>"
    assert sides(desk) <= 0
    assert faults(desk, within="#content", only_serious=True) == {}
    panel.locator(".check-words a").click()
    expect(text_of(desk, "en")).to_be_focused()
    # What was typed is still there, and is saved.
    assert sent(desk, "en") == "<p>Child pornography is a crime.</p>"
    press(desk.locator("[name=_save]"))
    page.refresh_from_db()
    assert page.body_en == "<p>Child pornography is a crime.</p>"


def test_check_works_without_javascript_and_publication_is_refused_in_words(staff_visit):
    page = make_hidden(make_page)
    colleague = staff_visit(make_staff(superuser=True), locale="en-GB", java_script_enabled=False)
    desk = colleague.page
    colleague.open(change_path(page))
    desk.locator("#id_body_en").fill(BROKEN)
    press(desk.locator("[name=_check]"))
    assert desk.url.endswith("#before-you-publish")
    for kind in ("heading", "figure", "link"):
        expect(desk.locator(f".check-{kind}")).to_have_count(1)
    expect(desk.locator("#id_body_en")).to_have_value(BROKEN)
    press(desk.locator("[name=_save]"))
    expect(desk.locator(".errorlist", has_text="/en/nowhere/")).to_be_visible()
    expect(desk.locator("#id_body_en")).to_have_value(BROKEN)


@at_both_widths
def test_a_page_of_the_site_is_chosen_by_name_with_the_keyboard(staff_visit, width, locale, scheme):
    page = make_page()
    colleague = staff_visit(
        make_staff(superuser=True), locale=locale, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    desk = colleague.page
    colleague.open(change_path(page))
    for language, query, name, url in (
        ("sq", "prinder", "Për prindërit", "/sq/prinder/"),
        ("en", "parents", "For parents", "/en/parents/"),
    ):
        press_in_editor(text_of(desk, language), "Control+a")
        toolbar_of(desk, language).get_by_role("button", name="Link" if locale == "en-GB" else "Lidhje").click()
        dialog = desk.get_by_role("dialog")
        expect(dialog.locator("#link-search")).to_be_focused()
        expect(dialog.locator(".link-list button").first).to_be_visible()
        assert faults(desk, within="dialog[open]", only_serious=True) == {}
        assert sides(desk) <= 0
        box = dialog.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] <= 900
        desk.keyboard.type(query)
        expect(dialog.locator(".link-list button")).to_have_count(1)
        expect(dialog.locator(".link-list .name")).to_have_text(name)
        expect(dialog.get_by_role("status")).to_contain_text("1")
        desk.keyboard.press("Tab")
        desk.keyboard.press("Enter")
        expect(desk.locator("dialog[open]")).to_have_count(0)
        assert f'<a href="{url}"' in sent(desk, language)
    # The link is changed to another address, and removed.
    press_in_editor(text_of(desk, "en"), "Control+a")
    desk.keyboard.press("Control+k")
    expect(desk.locator("#link-address")).to_have_value("/en/parents/")
    desk.locator("#link-address").fill("https://crca.al")
    desk.keyboard.press("Enter")
    assert '<a href="https://crca.al"' in sent(desk, "en")
    desk.keyboard.press("Control+k")
    desk.keyboard.press("Escape")
    expect(desk.locator("dialog[open]")).to_have_count(0)
    assert '<a href="https://crca.al"' in sent(desk, "en")


def test_without_a_selection_the_name_of_the_page_is_the_text_of_the_link(staff_visit):
    page = make_page()
    colleague = staff_visit(make_staff(superuser=True), locale="en-GB")
    desk = colleague.page
    colleague.open(change_path(page))
    press_in_editor(text_of(desk, "en"), "Control+End")
    desk.keyboard.type(" ")
    desk.keyboard.press("Control+k")
    desk.locator("#link-search").fill("for teachers")
    desk.get_by_role("dialog").locator(".link-list button", has_text="For teachers").click()
    assert '<a href="/en/teachers/" rel="noreferrer">For teachers</a>' in sent(desk, "en")
