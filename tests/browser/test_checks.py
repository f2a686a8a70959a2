"""The panel “Before you publish” and the chooser of links in a browser."""

import pytest
from playwright.sync_api import expect

from tests.browser import is_too_wide, press, press_in_editor
from tests.browser.axe import faults
from tests.browser.test_editor import opened, sent, text_of, toolbar_of
from tests.campaign.pages.test_content import make_page
from tests.drafts import make_hidden

pytestmark = pytest.mark.django_db(transaction=True)

BROKEN = '<h3>Later</h3><p><a href="/en/nowhere/">Read on</a></p><p>It happens to 20% of children.</p>'


def test_check_lists_what_to_fix_and_leads_to_the_editor(staff_visit):
    page = make_hidden(make_page)
    desk = opened(staff_visit(width=400, color_scheme="dark"), page)
    press_in_editor(text_of(desk, "en"), "Control+a")
    desk.keyboard.type("Child pornography is a crime.")
    press(desk.locator("[name=_check]"))
    panel = desk.locator("#before-you-publish")
    expect(panel).to_be_in_viewport()
    expect(panel.locator(".check-words q")).to_have_text("Child pornography")
    page.refresh_from_db()
    assert page.body_en == "<p>The text.</p>"
    assert not is_too_wide(desk)
    assert faults(desk, within="#content", only_serious=True) == {}
    panel.locator(".check-words a").click()
    expect(text_of(desk, "en")).to_be_focused()
    # What was typed is still there, and is saved.
    assert sent(desk, "en") == "<p>Child pornography is a crime.</p>"
    press(desk.locator("[name=_save]"))
    page.refresh_from_db()
    assert page.body_en == "<p>Child pornography is a crime.</p>"


def test_check_works_without_javascript_and_publication_is_refused_in_words(staff_visit):
    desk = opened(staff_visit(java_script_enabled=False), make_hidden(make_page))
    desk.locator("#id_body_en").fill(BROKEN)
    press(desk.locator("[name=_check]"))
    assert desk.url.endswith("#before-you-publish")
    for kind in ("heading", "figure", "link"):
        expect(desk.locator(f".check-{kind}")).to_have_count(1)
    expect(desk.locator("#id_body_en")).to_have_value(BROKEN)
    press(desk.locator("[name=_save]"))
    expect(desk.locator(".errorlist", has_text="/en/nowhere/")).to_be_visible()
    expect(desk.locator("#id_body_en")).to_have_value(BROKEN)


def test_a_page_of_the_site_is_chosen_by_name_with_the_keyboard(staff_visit):
    desk = opened(staff_visit(width=400), make_page())
    press_in_editor(text_of(desk, "en"), "Control+a")
    toolbar_of(desk, "en").get_by_role("button", name="Link").click()
    dialog = desk.get_by_role("dialog")
    expect(dialog.locator("#link-search")).to_be_focused()
    expect(dialog.locator(".link-list button").first).to_be_visible()
    assert faults(desk, within="dialog[open]", only_serious=True) == {}
    assert not is_too_wide(desk)
    box = dialog.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 400 and box["height"] <= 740
    desk.keyboard.type("parents")
    expect(dialog.locator(".link-list button")).to_have_count(1)
    expect(dialog.locator(".link-list .name")).to_have_text("For parents")
    expect(dialog.get_by_role("status")).to_contain_text("1")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(desk.locator("dialog[open]")).to_have_count(0)
    assert '<a href="/en/parents/"' in sent(desk, "en")
    # The link is changed to another address, and stays as it is after Escape.
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
    # Without a selection the name of the page is the text.
    press_in_editor(text_of(desk, "sq"), "Control+End")
    desk.keyboard.type(" ")
    desk.keyboard.press("Control+k")
    desk.locator("#link-search").fill("per mesuesit")
    desk.get_by_role("dialog").locator(".link-list button", has_text="Për mësuesit").click()
    assert '<a href="/sq/mesues/" rel="noreferrer">Për mësuesit</a>' in sent(desk, "sq")
