"""The quick exit in a browser (acceptance story 22)."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from campaign.models import SiteSettings
from tests.browser import press

EXIT_PATH = "/en/privacy/"
EXIT_HOST = "https://exit.example"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
# The exit hides the page and empties its title while the key is handled, before it loads the next page.
STAYS = "[location.pathname, document.documentElement.hidden, document.title !== '', document.querySelector('#id_name').value]"


@pytest.fixture
def site_with_exit(visit, live_server):
    """A function that makes a visitor whose quick exit is intercepted and redirected to this server.

    The date of the browser stands still: Shift counts within five seconds, however slow the machine is.
    """

    def make(**options):
        SiteSettings.objects.create(pk=1, exit_url=f"{EXIT_HOST}{EXIT_PATH}")
        visitor = visit(**options)
        visitor.context.route(
            f"{EXIT_HOST}/**",
            lambda route: route.fulfill(status=302, headers={"Location": live_server.url + EXIT_PATH}),
        )
        visitor.page.clock.set_fixed_time(NOON)
        visitor.expected = {urlsplit(EXIT_HOST)[:2]}
        return visitor

    return make


@pytest.mark.quick
def test_22_the_exit_button_hides_the_page_at_once_and_replaces_it_in_the_history(site_with_exit):
    visitor = site_with_exit()
    page = visitor.page
    visitor.open("/sq/ndihme/")
    visitor.open("/sq/zotimi/")
    # Stores the height and title at the first change of the page; the next page has the same origin here.
    page.evaluate(
        """() => new MutationObserver(() => sessionStorage.setItem(
            "seen", document.querySelector("main").offsetHeight + document.title)
        ).observe(document.documentElement, {attributes: true})"""
    )
    page.locator("[data-exit]").click()
    page.wait_for_url("**" + EXIT_PATH)
    assert page.evaluate("sessionStorage.getItem('seen')") == "0", "neither height nor title"
    page.go_back()
    assert page.url.endswith("/sq/ndihme/"), "the page that was left is not in the history"


@pytest.mark.quick
def test_22_shift_three_times_leaves_the_page_and_typing_capital_letters_does_not(site_with_exit):
    visitor = site_with_exit()
    visitor.open("/sq/zotimi/")
    visitor.page.locator("#id_name").focus()
    for letter in "DRITAKOLA":
        visitor.page.keyboard.press(f"Shift+{letter}")
    visitor.page.keyboard.press("Shift")
    visitor.page.keyboard.press("Shift")
    visitor.page.keyboard.type("x")
    visitor.page.keyboard.press("Shift")
    assert visitor.page.evaluate(STAYS) == ["/sq/zotimi/", False, True, "DRITAKOLAx"]
    # The page listens: with two more it is left.
    visitor.page.keyboard.press("Shift")
    assert visitor.page.evaluate(STAYS) == ["/sq/zotimi/", False, True, "DRITAKOLAx"]
    visitor.page.keyboard.press("Shift")
    visitor.page.wait_for_url("**" + EXIT_PATH)


def test_22_the_exit_works_as_a_link_without_javascript(site_with_exit):
    visitor = site_with_exit(java_script_enabled=False)
    visitor.open("/sq/zotimi/")
    press(visitor.page.locator("[data-exit]"))
    assert visitor.page.url.endswith(EXIT_PATH)
