"""A pledge from form to withdrawal in a browser: without JavaScript, with the mails sent."""

import re

import pytest
from django.utils import translation
from playwright.sync_api import expect

from campaign.models import PageText
from pledges.models import MessageText, Pledge
from tests.browser import press as go
from tests.factories import make_pledge, settle_all
from tests.pages import path_of


def translated(language, english):
    """The translation of an English string of the catalogue."""
    with translation.override(language):
        return translation.gettext(english)


def press(page, language, english):
    """Press the button or link with this text in the main part of the page."""
    words = translated(language, english)
    main = page.locator("main")
    go(main.get_by_role("button", name=words, exact=True).or_(main.get_by_role("link", name=words, exact=True)).first)


def total(visitor, language):
    """The total on the totals page, freshly loaded."""
    visitor.open(path_of("pledges:totals", language))
    return int(visitor.page.locator("h1 .num").inner_text())


def test_signing_confirming_correcting_and_withdrawing_without_javascript(visit, inbox):
    language, other = "sq", "en"
    for _ in range(3):
        make_pledge(state="confirmed")
    visitor = visit(java_script_enabled=False, width=360)
    page = visitor.page
    assert total(visitor, language) == 3

    # All fields except consent.
    page.locator("main .btn").last.click()
    expect(page).to_have_url(re.compile(path_of("pledges:sign", language)))
    page.locator("#id_over_16_0").check()
    page.get_by_label(translated(language, "Full name")).fill("Drita Ëndërr")
    page.get_by_label(translated(language, "Email address"), exact=True).fill("drita@shembull.al")
    page.locator("input[name=sector][value=teachers]").check()
    page.locator("#id_county").select_option("AL-10")
    page.locator("#id_updates").check()
    press(page, language, "Sign the pledge")

    expect(page).to_have_title(re.compile("^" + translated(language, "Error:")))
    summary = page.locator(".errors")
    expect(summary).to_be_focused()
    expect(page.locator("#id_consent_error")).to_be_visible()
    go(summary.get_by_role("link"))
    assert page.url.endswith("#id_consent") and page.locator("#id_consent").is_visible()

    def check_input_is_kept():
        assert page.locator("#id_over_16_0").is_checked()
        expect(page.locator("#id_name")).to_have_value("Drita Ëndërr")
        expect(page.locator("#id_email")).to_have_value("drita@shembull.al")
        assert page.locator("input[name=sector][value=teachers]").is_checked()
        expect(page.locator("#id_county")).to_have_value("AL-10")
        assert page.locator("#id_updates").is_checked()

    check_input_is_kept()
    go(page.locator("button.lang"))
    assert page.locator("html").get_attribute("lang") == other
    assert page.get_by_label(translated(other, "Full name")).is_visible()
    check_input_is_kept()
    assert page.locator(".errors").count() == 0 and "drita" not in page.url
    go(page.locator("button.lang"))
    assert page.locator("html").get_attribute("lang") == language
    check_input_is_kept()
    page.locator("#id_consent").check()
    press(page, language, "Sign the pledge")
    assert page.url.endswith(path_of("pledges:inbox", language))
    assert "drita" not in page.content().lower()
    assert total(visitor, language) == 3, "not counted before confirmation"

    [(subject, recipient, links)] = inbox()
    assert subject == MessageText.objects.words_in_use("confirm", language).subject
    assert recipient == "drita@shembull.al"
    visitor.open(links[0])
    assert page.locator("html").get_attribute("lang") == language
    assert total(visitor, language) == 3, "opening the link does not confirm"
    visitor.open(links[0])
    press(page, language, "Confirm my pledge")
    expect(page.locator("h1")).to_contain_text(
        PageText.objects.values_list(f"text_{language}", flat=True).get(key="thanks_title")
    )
    thanks = page.locator("main").get_by_role("link", name=translated(language, "Open my pledge")).get_attribute("href")
    assert total(visitor, language) == 4
    [(subject, recipient, links)] = inbox()
    assert (subject, recipient) == (MessageText.objects.words_in_use("counted", language).subject, "drita@shembull.al")
    visitor.open(links[0])
    expect(page.locator("#id_name")).to_have_value("Drita Ëndërr")
    page.locator(".folds summary").first.click()
    page.locator("#id_name").fill("Drita Kola")
    press(page, language, "Save the changes")
    expect(page.get_by_role("status")).to_have_text(translated(language, "Your changes have been saved."))
    visitor.open(thanks)
    expect(page.locator("#id_name")).to_have_value("Drita Kola")
    press(page, language, "Withdraw my pledge")
    press(page, language, "Withdraw and erase")
    expect(page.locator("h1")).to_have_text(translated(language, "Your pledge has been withdrawn"))
    assert total(visitor, language) == 3
    [(subject, recipient, links)] = inbox()
    assert (subject, recipient) == (
        MessageText.objects.words_in_use("withdrawn", language).subject,
        "drita@shembull.al",
    )
    visitor.open(thanks)
    expect(page.locator("h1")).to_have_text(translated(language, "This link does not work"))
    assert Pledge.objects.count() == 3


@pytest.mark.quick
def test_a_child_is_thanked_and_shown_the_helpline_without_javascript(visit, inbox):
    page = visit(java_script_enabled=False).page
    page.goto("/sq/zotimi/")
    page.locator("#id_name").fill("Fëmija Sekret")
    page.locator("#id_over_16_1").check()
    expect(page.locator("#id_name")).to_be_hidden()
    press(page, "sq", "Continue")
    assert page.url.endswith("/sq/zotimi/nen-16/")
    expect(page.locator("main a[href='tel:116111']")).to_be_visible()
    assert "Sekret" not in page.content() and inbox() == []
    page.go_back()
    settle_all()
    assert not Pledge.objects.exists()


@pytest.mark.quick
def test_the_form_can_be_filled_by_keyboard_alone(visit):
    visitor = visit()
    visitor.open("/en/pledge/")
    page, keyboard = visitor.page, visitor.page.keyboard

    def focused():
        """The name or address of the focused element; asserts that its focus is visible."""
        what, shows = page.evaluate(
            """() => {
                const element = document.activeElement, style = getComputedStyle(element);
                const near = element.closest(".option") ? [element, element.nextElementSibling] : [element];
                const shows = near.some(each => {
                    const style = getComputedStyle(each);
                    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
                });
                return [element.name || element.getAttribute("href") || element.textContent.trim(), shows];
            }"""
        )
        assert shows, f"{what} has no visible focus"
        return what

    def tab_to(what):
        passed = []
        for _ in range(40):
            keyboard.press("Tab")
            passed.append(focused())
            if passed[-1] == what:
                return passed
        raise AssertionError(f"{what} does not get the focus: {passed}")

    assert tab_to("#content") == ["#content"], "the skip link comes first"
    keyboard.press("Enter")
    assert tab_to("over_16")[-1] == "over_16"
    keyboard.press("Space")
    tab_to("sector")
    keyboard.press("ArrowDown")
    # The wording of this sector opens below it.
    tab_to("name")
    keyboard.type("Drita Kola")
    assert tab_to("email") == ["email"]
    keyboard.type("drita@shembull.al")
    assert tab_to("county") == ["county"]
    keyboard.press("ArrowDown")
    assert tab_to("consent") == ["consent"]
    keyboard.press("Space")
    tab_to("updates")
    with page.expect_navigation():
        keyboard.press("Enter")
    page.wait_for_url("**/en/pledge/inbox/")
    settle_all()
    assert Pledge.objects.values_list("sector__slug", flat=True).get() == "teachers"
