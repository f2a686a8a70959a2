"""The quick exit (acceptance story 22): gone at once, and not one step back."""

import time
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache

from campaign.models import SiteSettings
from tests.browser import press

ELSEWHERE = "/en/privacy/"
OUT = "https://exit.example"


@pytest.fixture
def site_with_exit(visit, live_server):
    """A visitor whose way out leads, by an answer made up here, to a page of this server: the test asks no other host."""

    def come(**options):
        SiteSettings.objects.create(pk=1, exit_url=f"{OUT}{ELSEWHERE}")
        cache.clear()
        visitor = visit(**options)
        visitor.context.route(
            f"{OUT}/**", lambda route: route.fulfill(status=302, headers={"Location": live_server.url + ELSEWHERE})
        )
        visitor.expected = {urlsplit(OUT)[:2]}
        return visitor

    return come


def test_22_a_tap_replaces_the_page(site_with_exit):
    visitor = site_with_exit()
    visitor.open("/sq/ndihme/")
    visitor.open("/sq/zotimi/")
    visitor.page.locator("[data-exit]").click()
    visitor.page.wait_for_url("**" + ELSEWHERE)
    visitor.page.go_back()
    assert visitor.page.url.endswith("/sq/ndihme/"), "the page that was left is not in the history"


def test_22_three_presses_of_shift_do_the_same(site_with_exit):
    visitor = site_with_exit()
    visitor.open("/sq/ndihme/")
    for _ in range(3):
        visitor.page.keyboard.press("Shift")
    visitor.page.wait_for_url("**" + ELSEWHERE)


def test_22_typing_capitals_leads_nowhere(site_with_exit):
    visitor = site_with_exit()
    visitor.open("/sq/zotimi/")
    visitor.page.locator("#id_name").focus()
    for letter in "DRITAKOLA":
        visitor.page.keyboard.press(f"Shift+{letter}")
    visitor.page.keyboard.press("Shift")
    visitor.page.keyboard.press("Shift")
    visitor.page.keyboard.type("x")
    visitor.page.keyboard.press("Shift")
    time.sleep(0.2)
    assert visitor.page.url.endswith("/sq/zotimi/")
    assert visitor.page.locator("#id_name").input_value() == "DRITAKOLAx"


def test_22_nothing_of_the_page_is_seen_while_the_next_one_loads(site_with_exit):
    visitor = site_with_exit()
    page = visitor.page
    visitor.open("/sq/ndihme/")
    # What is seen when the page first changes is kept for the next one, which comes from the same server here.
    page.evaluate(
        """() => new MutationObserver(() => sessionStorage.setItem(
            "seen", document.querySelector("main").offsetHeight + document.title)
        ).observe(document.documentElement, {attributes: true})"""
    )
    page.locator("[data-exit]").click()
    page.wait_for_url("**" + ELSEWHERE)
    assert page.evaluate("sessionStorage.getItem('seen')") == "0", "neither height nor title"


def test_22_it_is_a_link_without_javascript(site_with_exit):
    visitor = site_with_exit(java_script_enabled=False)
    visitor.open("/sq/zotimi/")
    press(visitor.page.locator("[data-exit]"))
    assert visitor.page.url.endswith(ELSEWHERE)
