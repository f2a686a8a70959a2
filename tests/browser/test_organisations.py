"""The page of organisations in a browser: 120 of them with logos, and the page of an entry."""

import pytest
from playwright.sync_api import expect

from pledges.crypto import links
from pledges.crypto.links import Purpose
from tests.browser.axe import faults_in, in_language_and_views
from tests.browser.test_access import TOO_LOW
from tests.campaign.organisations.test_organisations import fill
from tests.organisations import PAGE, admit, make_joining

pytestmark = pytest.mark.django_db(transaction=True)


@in_language_and_views
def test_the_page_of_120_organisations_and_that_of_an_entry_are_accessible(visit, language, views):
    fill()
    visitor = visit()
    visitor.open(PAGE[language])
    assert faults_in(visitor.page, views) == {}
    visitor.page.set_viewport_size({"width": 320, "height": 640})
    assert visitor.page.evaluate("document.documentElement.scrollWidth") == 320
    joining = make_joining(language=language)
    admit(joining, sq="Jemi me ju.", en="We are with you.")
    visitor.open(links.path(Purpose.ORGANISATION, joining, language))
    assert faults_in(visitor.page, views) == {}
    for path in (PAGE[language], links.path(Purpose.ORGANISATION, joining, language)):
        visitor.page.set_viewport_size({"width": 360, "height": 640})
        visitor.open(path)
        assert visitor.page.evaluate(TOO_LOW) == []


def test_the_filter_and_the_form_work_without_script(visit):
    fill(3)
    visitor = visit(java_script_enabled=False)
    visitor.open(PAGE["sq"])
    visitor.page.select_option("#kind", "association")
    visitor.page.click(".sift button")
    # The address changes before the new page is read.
    expect(visitor.page.locator(".marks:not(.first) li")).to_have_count(3)
    assert "kind=association" in visitor.page.url
