"""The back button on a shared device: a form that arrived comes back empty, and any other one as it was."""

import pytest
from playwright.sync_api import expect

from pledges.models import Submission
from tests.events import make_event
from tests.organisations import join_data
from tests.pages import Document, path_of
from tests.pledges.groups.made import group_data

FORM = {"#id_name": "Drita Kola", "#id_email": "drita@shembull.al"}


def fill(page, **others):
    for selector, words in (FORM | others).items():
        page.locator(selector).fill(words)


def send(page, consent=True, over_16=True):
    """Send the form as it is filled; without consent it comes back with an error."""
    page.locator("input[name=sector][value=teachers]").check()
    page.locator("#id_consent").set_checked(consent)
    # Under 16 hides all but one button.
    page.locator("#id_over_16_0" if over_16 else "#id_over_16_1").check()
    with page.expect_navigation():
        page.locator("#pledge .btn:visible").last.click()


def check(page, is_kept):
    for selector, words in FORM.items():
        expect(page.locator(selector)).to_have_value(words if is_kept else "")
    expect(page.locator("#id_over_16_0")).to_be_checked(checked=is_kept)


def test_a_pledge_that_was_sent_comes_back_empty(visit):
    visitor = visit()
    page = visitor.page
    visitor.open(path_of("pledges:sign", "sq"))
    fill(page)
    send(page)
    page.wait_for_url(f"**{path_of('pledges:inbox', 'sq')}")
    page.go_back()
    check(page, is_kept=False)
    expect(page.locator("#pledge")).to_be_visible()
    # The next person fills it in, reads the privacy notice and comes back.
    fill(page)
    page.locator("#id_over_16_0").check()
    visitor.open(path_of("campaign:privacy", "sq"))
    page.go_back()
    check(page, is_kept=True)
    assert Submission.objects.count() == 1


@pytest.mark.quick
def test_a_page_that_the_browser_kept_whole_comes_back_empty(visit):
    # As browsers show a page again that they kept. Playwright cannot follow a page through that.
    visitor = visit()
    page = visitor.page
    visitor.open(path_of("pledges:sign", "sq"))
    fill(page)
    page.evaluate("history.replaceState('sent', ''); sessionStorage.setItem('arrived', true)")
    with page.expect_navigation():
        page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    check(page, is_kept=False)


def test_a_form_with_errors_keeps_what_was_typed_until_it_arrives(visit):
    visitor = visit()
    page = visitor.page
    visitor.open(path_of("pledges:sign", "sq"))
    fill(page)
    send(page, consent=False)
    expect(page.locator(".errors")).to_be_visible()
    page.go_back()
    check(page, is_kept=True)
    send(page)
    page.wait_for_url(f"**{path_of('pledges:inbox', 'sq')}")
    page.go_back()
    check(page, is_kept=False)


@pytest.mark.quick
def test_a_child_who_was_sent_to_the_help_numbers_leaves_no_name_behind(visit):
    visitor = visit()
    page = visitor.page
    visitor.open(path_of("pledges:sign", "sq"))
    fill(page)
    send(page, over_16=False)
    page.wait_for_url(f"**{path_of('pledges:under_16', 'sq')}")
    page.go_back()
    check(page, is_kept=False)


@pytest.mark.quick
def test_the_address_of_a_request_for_the_link_is_gone_too(visit):
    visitor = visit()
    page = visitor.page
    visitor.open(path_of("pledges:my_pledge", "sq"))
    page.locator("#id_email").fill("drita@shembull.al")
    with page.expect_navigation():
        page.locator("main form .btn").last.click()
    page.go_back()
    expect(page.locator("#id_email")).to_have_value("")


def fill_in(page, data):
    """Fill in a form with its POST data."""
    for name, value in data.items():
        field = page.locator(f"#id_{name}, [type=radio][name={name}][value='{value}']")
        if name in ("stamp", "website"):
            continue
        if field.evaluate("field => field.matches('[type=radio], [type=checkbox]')"):
            field.check()
        elif field.evaluate("field => field.matches('select')"):
            field.select_option(value)
        else:
            field.fill(value)


def check_comes_back_empty(page, data, arrival):
    """Send the form with this data, go back, and find no word and no tick of it."""
    fill_in(page, data)
    page.locator("main form .btn").last.click()
    # Loaded, because the page marks the tab then.
    page.wait_for_url(f"**{arrival}")
    page.go_back()
    for name in ("name", "email"):
        expect(page.locator(f"#id_{name}")).to_have_value("")
    expect(page.locator("main form :checked:not(option)")).to_have_count(0)
    assert Submission.objects.count() == 1


def test_an_organisation_that_was_sent_comes_back_empty(visit):
    visitor = visit()
    visitor.open(path_of("pledges:join", "en"))
    check_comes_back_empty(visitor.page, join_data(), path_of("pledges:join_inbox", "en"))
    expect(visitor.page.locator("#id_organisation")).to_have_value("")


def test_a_group_of_an_event_that_was_sent_comes_back_empty_and_with_the_event(visit):
    event = make_event()
    visitor = visit()
    visitor.open(path_of("pledges:group_at_event", "sq", event.code))
    check_comes_back_empty(visitor.page, group_data(), path_of("pledges:group_inbox", "sq"))
    expect(visitor.page.locator("#id_institution")).to_have_value("")
    expect(visitor.page.locator("#id_event")).to_have_value(event.code)


def test_without_javascript_the_page_says_what_to_do(client):
    for name in ("pledges:inbox", "pledges:group_inbox", "pledges:join_inbox", "pledges:my_pledge_sent"):
        for language, words in (("sq", "mbylleni këtë skedë"), ("en", "close this tab")):
            page = Document(client.get(path_of(name, language)))
            assert words in page.words(page.one("noscript")), (name, language)
