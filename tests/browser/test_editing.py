"""Editing pages in a browser under the strict CSP (story 27)."""

import re

import pytest
from playwright.sync_api import expect

from campaign.models import Page
from campaign.pages.models import preview_path
from pledges.models import Sector
from tests.browser import is_too_wide, press
from tests.browser.axe import faults

pytestmark = pytest.mark.django_db(transaction=True)


def test_27_a_new_page_is_previewed_in_both_languages_and_widths(staff_visit, visit):
    vera, reader = staff_visit(), visit()
    page = vera.page
    vera.open("/admin/campaign/page/add/")
    page.fill("#id_title_sq", "Guximi")
    page.fill("#id_title_en", "Courage")
    # Both languages are side by side.
    albanian, english = (page.locator(f"#id_title_{code}").bounding_box() for code in ("sq", "en"))
    assert albanian["y"] == english["y"] and albanian["x"] + albanian["width"] < english["x"]
    page.locator("details:has(#id_key) summary").click()
    page.fill("#id_key", "brave")
    page.fill("#id_lead_sq", "Një hap.")
    page.fill("#id_lead_en", "One step.")
    page.fill('.editor-text[lang="sq"]', "Fjalët tona.")
    page.fill('.editor-text[lang="en"]', "Our own words.")
    expect(page.locator("#id_slug_en")).to_have_value("courage")

    # The preview saves a draft, and shows it in both languages and widths.
    press(page.locator("[name=_preview]"))
    frame = page.frame_locator(".preview-frame")
    expect(frame.locator("h1")).to_have_text("Courage")
    press(page.get_by_role("link", name="Albanian", exact=True))
    expect(frame.locator("h1")).to_have_text("Guximi")
    press(page.get_by_role("link", name="Phone"))
    assert page.locator(".preview-frame").bounding_box()["width"] == 392
    assert not Page.objects.filter(key="brave").exists()

    # Its link works without an account.
    reader.open(page.get_by_role("link", name="Preview in English").get_attribute("href"))
    expect(reader.page.locator(".preview")).to_contain_text("Preview, not published.")
    expect(reader.page.locator("main")).to_contain_text("Our own words.")
    assert reader.open("/en/courage/").status == 404


def test_a_button_that_is_pressed_again_and_again_sends_its_form_once(staff_visit):
    vera, held = staff_visit(), []
    vera.open("/admin/pledges/mailing/add/")
    vera.page.route("**/mailing/add/", lambda route: held.append(route))
    thrice = "async b => { for (const n of [1, 2, 3]) { b.click(); await new Promise(r => setTimeout(r, 150)); } }"
    vera.page.locator("[name=_save]").evaluate(thrice)
    assert len(held) == 1
    held[0].abort()


def stay(page):
    """Press the link to the dashboard and dismiss the dialog that asks whether to leave."""
    with page.expect_event("dialog"):
        page.click("#site-name a", no_wait_after=True)


def test_leaving_a_form_with_unsaved_input_asks_first_and_saving_does_not(staff_visit):
    vera = staff_visit()
    page, asked = vera.page, []

    def answer(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", answer)
    about = Page.objects.get(key="about")
    path = f"/admin/campaign/page/{about.pk}/change/"

    # Input that was undone: nothing is unsaved.
    vera.open(path)
    page.click("#id_title_en")
    page.keyboard.type("x")
    page.keyboard.press("Backspace")
    press(page.locator("#site-name a"))
    assert re.search("/admin/$", page.url)
    assert asked == []

    vera.open(path)
    page.click("#id_title_en")
    page.keyboard.type("More ")
    # As the rich text editor does it: the field's value changes without a key event.
    page.evaluate("document.querySelector('#id_body_en').value += '<p>x</p>'")
    stay(page)
    expect(page.locator("#id_title_en")).to_be_visible()
    assert asked == ["beforeunload"] and page.url.endswith(path)
    # A preview saves a draft.
    press(page.locator("[name=_preview]"))
    press(page.get_by_role("link", name="Back to the form"))
    press(page.locator("[name=_save]"))
    assert re.search("/campaign/page/$", page.url)
    assert len(asked) == 1

    # A form shown again with errors holds unsaved input.
    vera.open(path)
    page.fill("#id_title_sq", "")
    press(page.locator("[name=_save]"))
    expect(page.locator(".errornote")).to_be_visible()
    stay(page)
    expect(page.locator(".errornote")).to_be_visible()
    assert len(asked) == 2


def test_axe_finds_nothing_serious_on_the_forms_of_editors(staff_visit, visit):
    vera = staff_visit(width=360)
    page, found = vera.page, []
    about, artists = Page.objects.get(key="about"), Sector.objects.get(slug="artists")

    def look(at):
        found.extend((at.url, *fault) for fault in faults(at, only_serious=True).items())
        assert not is_too_wide(at), at.url

    path = f"/admin/campaign/page/{about.pk}/change/"
    vera.open(path)
    # On a phone languages are stacked.
    albanian, english = (page.locator(f"#id_title_{code}").bounding_box() for code in ("sq", "en"))
    assert albanian["x"] == english["x"] and albanian["y"] < english["y"]
    page.fill("#id_title_en", "All of us against child pornography")
    Page.objects.filter(pk=about.pk).update(title_en="Another title")
    press(page.locator("[name=_save]"))
    expect(page.locator(".conflict, .checks .check-words")).to_have_count(2)
    # It is about no field, and what differs is read first.
    expect(page.locator(".conflict")).to_be_focused()
    look(page)
    page.check("[name=save_over]")
    press(page.locator("[name=_save]"))
    vera.open(path)
    press(page.locator(".historylink"))
    look(page)
    press(page.locator("#result_list tbody tr:nth-child(1) .line-links a:nth-child(3)"))
    look(page)
    for other in ("campaign/page/?status=draft", f"pledges/sector/{artists.pk}/merge/"):
        vera.open(f"/admin/{other}")
        look(page)
    reader = visit(width=360)
    reader.open(preview_path(Page.objects.get(pk=about.pk).take_down(None), "en"))
    look(reader.page)
    assert found == []
