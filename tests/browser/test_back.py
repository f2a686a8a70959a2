"""The back button on a shared device: a form that arrived comes back empty, and any other one as it was."""

import pytest
from playwright.sync_api import expect

from campaign.models import Page
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Submission
from tests.browser import press
from tests.events import make_event
from tests.factories import make_pledge, make_staff
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
    page = visit().page
    page.goto(path_of("pledges:sign", "sq"))
    fill(page)
    send(page)
    page.wait_for_url(f"**{path_of('pledges:inbox', 'sq')}")
    page.go_back()
    check(page, is_kept=False)
    expect(page.locator("#pledge")).to_be_visible()
    # The next person fills it in, reads the privacy notice and comes back.
    fill(page)
    page.locator("#id_over_16_0").check()
    page.goto(path_of("campaign:privacy", "sq"))
    page.go_back()
    check(page, is_kept=True)
    assert Submission.objects.count() == 1


@pytest.mark.quick
def test_a_page_that_the_browser_kept_whole_comes_back_empty(visit):
    # As browsers show a page again that they kept. Playwright cannot follow a page through that.
    page = visit().page
    page.goto(path_of("pledges:sign", "sq"))
    fill(page)
    page.evaluate("history.replaceState('sent', ''); sessionStorage.setItem('arrived', true)")
    with page.expect_navigation():
        page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    check(page, is_kept=False)


def test_a_form_with_errors_keeps_what_was_typed_until_it_arrives(visit):
    page = visit().page
    page.goto(path_of("pledges:sign", "sq"))
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
    page = visit().page
    page.goto(path_of("pledges:sign", "sq"))
    fill(page)
    send(page, over_16=False)
    page.wait_for_url(f"**{path_of('pledges:under_16', 'sq')}")
    page.go_back()
    check(page, is_kept=False)


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


def test_other_forms_that_were_sent_come_back_empty(visit):
    visitor, event = visit(), make_event()
    page = visitor.page
    for form, data, arrival in (
        (path_of("pledges:my_pledge", "sq"), {"email": "drita@shembull.al"}, "pledges:my_pledge_sent"),
        (path_of("pledges:join", "sq"), join_data(), "pledges:join_inbox"),
        (path_of("pledges:group_at_event", "sq", event.code), group_data(), "pledges:group_inbox"),
    ):
        visitor.open(form)
        fill_in(page, data)
        page.locator("main form .btn").last.click()
        # Loaded, because the page marks the tab then.
        page.wait_for_url(f"**{path_of(arrival, 'sq')}")
        page.go_back()
        for field in page.locator("#id_name, #id_email, #id_organisation, #id_institution").all():
            expect(field).to_have_value("")
        expect(page.locator("main form :checked:not(option)")).to_have_count(0)
    expect(page.locator("#id_event")).to_have_value(event.code)
    assert Submission.objects.count() == 3


def test_reloading_and_back_return_to_thanks_in_the_same_tab_only(visit):
    visitor = visit(width=360)
    page = visitor.page

    def check(again):
        expect(page.locator("h1")).to_contain_text("Ju jeni numri")
        expect(page.get_by_role("link", name="Dërgojeni në WhatsApp")).to_be_visible()
        expect(page.get_by_role("link", name="Hapeni zotimin")).to_have_count(0 if again else 1)

    page.goto(links.path(Purpose.CONFIRM, make_pledge("Drita Kola")))
    press(page.locator("main form button"))
    check(again=False)
    press(page.get_by_role("link", name="Ma krijoni lidhjen e ftesës"))
    expect(page.locator("h1")).not_to_contain_text("Ju jeni numri")
    page.go_back()
    check(again=True)
    page.reload()
    check(again=True)
    page.goto(path_of("campaign:home", "sq"))
    page.go_back()
    check(again=True)
    other = visitor.context.new_page()
    other.goto(path_of("pledges:my_pledge", "sq"))
    other.reload()
    expect(other.locator("h1")).to_have_text("Ma dërgoni lidhjen e zotimit tim")


def test_without_javascript_the_page_says_what_to_do(client):
    for name in ("pledges:inbox", "pledges:group_inbox", "pledges:join_inbox", "pledges:my_pledge_sent"):
        for language, words in (("sq", "mbylleni këtë skedë"), ("en", "close this tab")):
            page = Document(client.get(path_of(name, language)))
            assert words in page.words(page.one("noscript")), (name, language)


def test_back_after_signing_out_shows_nothing(staff_visit):
    page = staff_visit(make_staff(superuser=True, username="vera"), locale="en-GB").page
    page.goto(f"/admin/campaign/page/{Page.objects.get(key='about').pk}/change/")
    page.fill("#id_title_en", "Typed in vain?")
    press(page.locator(".breadcrumbs a").first)
    press(page.locator("#logout-form button"))
    page.go_back()
    page.go_back()
    expect(page.locator("#id_login")).to_be_visible()
    assert "Typed" not in page.content()
