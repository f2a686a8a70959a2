"""The personal link leaves the address bar, and the page keeps working."""

import re

import pytest
from playwright.sync_api import expect

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Pledge
from tests.browser import press
from tests.factories import make_pledge
from tests.pages import path_of, want_new_address
from tests.pledges.groups.made import make_group

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_link_leaves_the_address_bar(visit, subtests):
    visitor = visit()
    for purpose in sorted(set(Purpose) - {Purpose.DATA}):
        with subtests.test(str(purpose)):
            pledge = make_pledge(state="pending" if purpose in (Purpose.CONFIRM, Purpose.BLOCK) else "confirmed")
            want_new_address(pledge)
            page = visitor.context.new_page()
            page.goto(links.path(purpose, pledge))
            assert page.url.endswith(path_of("pledges:my_pledge", "sq"))
            assert page.evaluate("history.length") <= 2
            page.close()


@pytest.mark.quick
def test_the_back_button_does_not_bring_the_page_back(visit):
    # As Chromium leaves a page that it keeps, and shows it again. Playwright cannot follow a page through that.
    leave_and_return = """() => {
        const event = name => window.dispatchEvent(new PageTransitionEvent(name, {persisted: true}));
        event("pagehide");
        window.wasHidden = document.documentElement.hidden;
        event("pageshow");
        return window.wasHidden;
    }"""
    page = visit().page
    page.goto(links.path(Purpose.MANAGE, make_pledge("Drita Kola", state="confirmed")))
    expect(page.locator("#id_name")).to_have_value("Drita Kola")
    with page.expect_navigation():
        assert page.evaluate(leave_and_return)
    assert page.url.endswith(path_of("pledges:my_pledge", "sq"))
    assert "Drita" not in page.content()
    expect(page.locator("h1")).to_be_visible()


def test_a_link_to_what_we_email_about_shows_that_part_of_the_page(visit):
    page = visit().page
    page.goto(links.path(Purpose.MANAGE, make_pledge(state="confirmed")) + "#emails")
    expect(page.locator("#emails")).to_be_in_viewport()
    assert page.url.endswith(path_of("pledges:my_pledge", "sq") + "#emails")


def test_the_page_of_a_group_opens_again_also_after_its_form_was_sent(visit):
    page = visit().page

    def check():
        expect(page.locator("h1")).to_have_text("Grupi juaj")
        expect(page).to_have_url(re.compile(re.escape(path_of("pledges:my_pledge", "sq")) + "$"))

    page.goto(links.path(Purpose.GROUP_MANAGE, make_group()))
    check()
    page.reload()
    check()
    page.goto(path_of("campaign:home", "sq"))
    page.go_back()
    check()
    press(page.locator("main [name=save]"))
    expect(page.get_by_role("status")).to_be_visible()
    page.go_back()
    check()
    expect(page.get_by_role("status")).to_have_count(0)


def test_the_confirm_button_pressed_twice_shows_the_number(visit):
    page = visit().page
    page.goto(links.path(Purpose.CONFIRM, make_pledge()))
    press_twice = """() => {
        const button = document.querySelector("main form button");
        button.click();
        setTimeout(() => button.click(), 30);
    }"""
    with page.expect_navigation():
        page.evaluate(press_twice)
    expect(page.locator("h1")).to_contain_text("Ju jeni numri")


def test_the_forms_work_after_the_link_left_the_address_bar(visit):
    pledge = make_pledge("Drita Kola", "drita@shembull.al")
    page = visit().page
    page.goto(links.path(Purpose.CONFIRM, pledge))
    press(page.locator("main form button"))
    expect(page.locator("h1")).to_contain_text("Ju jeni numri")
    assert Pledge.objects.get().state == "confirmed"
    page.goto(links.path(Purpose.MANAGE, pledge))
    page.locator(".folds summary").first.click()
    page.locator("#id_name").fill("Drita Lela")
    press(page.locator("main [name=save]"))
    expect(page.get_by_role("status")).to_be_visible()
    assert Pledge.objects.get().name == "Drita Lela"
    assert page.url.endswith(path_of("pledges:my_pledge", "sq"))
    page.reload(wait_until="networkidle")
    assert "Drita" not in page.content()
    expect(page.locator("h1")).to_have_text("Ma dërgoni lidhjen e zotimit tim")
    page.goto(links.path(Purpose.WITHDRAW, pledge))
    press(page.locator("main form button"))
    expect(page.locator("main form")).to_have_count(0)
    assert not Pledge.objects.exists()
