"""The check above the limit of a network, in Chromium: by keyboard, where it fails, without JavaScript, for everyone."""

import re

import pytest
from playwright.sync_api import expect

from pledges.models import Pledge, PledgingSettings, Submission, UsedChallenge
from tests.browser import axe
from tests.browser import press as go
from tests.browser.conftest import NETWORK
from tests.browser.test_story import translated
from tests.challenges import reach_limit
from tests.pages import path_of

DONE = "The check is done. You can send the form now."


@pytest.fixture(autouse=True)
def limit_is_reached():
    reach_limit(NETWORK)


def fill(page, language):
    """Fill in the form and leave the focus in its last field of text."""
    page.goto(path_of("pledges:sign", language))
    page.locator("#id_over_16_0").check()
    page.locator("input[name=sector][value=teachers]").check()
    page.locator("#id_consent").check()
    page.locator("#id_name").fill("Drita Ëndërr")
    page.locator("#id_email").fill("drita@shembull.al")
    page.locator("#id_email").focus()


def press_enter(page):
    with page.expect_navigation():
        page.keyboard.press("Enter")


def tab_to(page, locator):
    """Press Tab until the element has the focus."""
    for _ in range(20):
        if locator.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail("the keyboard does not reach it")


@axe.in_languages
def test_a_pledge_with_the_keyboard_only(visit, language):
    page = visit(width=360).page
    fill(page, language)
    press_enter(page)
    box = page.locator(".check")
    expect(box).to_be_focused()
    expect(page.locator("#id_name")).to_have_value("Drita Ëndërr")
    status = page.get_by_role("status")
    expect(status).to_have_text(translated(language, DONE))
    expect(page.get_by_role("button", name=translated(language, "Send without the check"))).to_be_hidden()
    assert axe.faults_in(page) == {}
    assert Submission.objects.count() == 0, "it is sent only if somebody presses the button"
    tab_to(page, box.get_by_role("button"))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{path_of('pledges:inbox', language)}")
    assert Submission.objects.count() == UsedChallenge.objects.count() == 1
    page.go_back()
    expect(page.locator("#id_name")).to_have_value("")


@pytest.mark.quick
def test_the_button_pressed_during_the_check_sends_the_form_when_it_is_done(visit):
    page = visit().page
    held = []
    page.route("**/challenge/pledge/", lambda route: held.append(route))
    fill(page, "sq")
    press_enter(page)
    status = page.get_by_role("status")
    expect(status).to_have_text("Po kontrollojmë …")
    page.locator("#pledge .btn").last.click()
    expect(status).to_have_text(translated("sq", "Checking … Your form will be sent as soon as the check is done."))
    # It is beside the button that was pressed.
    assert page.locator("#pledge .btn").last.evaluate("each => each.nextElementSibling.className") == "check-status"
    held[0].continue_()
    page.wait_for_url("**/email/")
    assert Submission.objects.count() == 1


def test_where_the_check_fails_the_form_goes_through_the_slow_lane(visit):
    page = visit().page
    for missing in ("**/challenge/pledge/", "**/pbkdf2*.js"):
        page.unroute_all()
        page.route(missing, lambda route: route.abort())
        fill(page, "en")
        press_enter(page)
        status = page.get_by_role("status")
        expect(status).to_have_text("The check did not work. Try again, or send the form without it.")
        go(page.get_by_role("button", name="Send without the check"))
        assert page.url.endswith("/en/pledge/inbox/#later")
        expect(page.get_by_text("our email may take up to an hour")).to_be_visible()
        expect(page.get_by_text("It should arrive within a minute.")).to_be_hidden()


def test_without_javascript_the_form_goes_through_the_slow_lane(visit):
    page = visit(java_script_enabled=False, width=360).page
    fill(page, "en")
    press_enter(page)
    expect(page.locator(".check")).to_be_focused()
    expect(page.locator(".with-check")).to_be_hidden()
    go(page.get_by_role("button", name="Send without the check"))
    assert page.url.endswith("/en/pledge/inbox/#later")
    expect(page.locator(".later")).to_be_visible()
    assert Submission.objects.get().settle_at and Pledge.objects.count() == 0


def test_while_everyone_is_challenged_the_form_is_checked_while_it_is_filled_in(visit):
    PledgingSettings.objects.create(pk=1, challenge_everyone=True)
    page = visit().page
    fill(page, "sq")
    expect(page.get_by_role("status")).to_have_text("")
    assert axe.faults(page) == {}
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(path_of("pledges:inbox", "sq")))
    assert Submission.objects.count() == UsedChallenge.objects.count() == 1


def test_a_check_that_is_too_old_is_done_anew_before_the_form_is_sent(visit):
    page = visit().page
    page.clock.install()
    fill(page, "en")
    press_enter(page)
    expect(page.get_by_role("status")).to_have_text(DONE)
    with page.expect_request("**/challenge/pledge/"):
        page.clock.fast_forward("09:00")
        page.locator(".check").get_by_role("button", name="Sign the pledge").click()
    page.wait_for_url("**/inbox/")
