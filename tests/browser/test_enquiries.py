"""Messages to the team in a browser: from the home page to the answer, from a disclosure to the helpline."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from pledges.models import Disclosure, Enquiry, MessageText, UsedChallenge
from staff.roles import Role
from tests.browser import axe
from tests.browser import press as go
from tests.browser.conftest import NETWORK
from tests.browser.test_challenge import DONE, TIMEOUT, tab_to
from tests.browser.test_story import press, translated
from tests.challenges import reach_limit
from tests.enquiries import CONTACT, DISCLOSURE, FORMS, QUESTION, SENT
from tests.factories import keep_house, settle_all
from tests.pages import path_of
from tests.staff.accounts.test_accounts import make_account

ADDRESS = "zamira@gazeta-shembull.al"
LOCALES = {"sq": "sq-AL", "en": "en-GB"}


def write(page, language, text):
    """Fill in the form of the press, which is open, and leave the focus in its last field."""
    page.locator("#id_over_16_0").check()
    page.get_by_label(translated(language, "Your message"), exact=True).fill(text)
    page.locator("#id_name").fill("Zamira Gazetarja")
    page.locator("#id_email").fill(ADDRESS)
    page.locator("#id_email").focus()


@pytest.fixture
def desk(staff_visit):
    """A function that makes a visitor of the admin with this role, whose browser has this language."""

    def make(role, language):
        account = make_account(f"{role}@shembull.al", role, "Arta")
        return staff_visit(account, locale=LOCALES[language])

    return make


def test_a_journalist_writes_from_the_home_page_and_is_answered_in_their_language(visit, desk, inbox):
    language, other = "en", "sq"
    visitor = visit(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = visitor.page
    visitor.open(path_of("campaign:home", language))
    go(page.locator(f'footer a[href="{CONTACT[language]}"]').first)
    press(page, language, "I am a journalist")
    assert page.url.endswith(FORMS[language]["press"])
    for number in ("116111", "129", "112"):
        assert page.locator(f'main a[href="tel:{number}"]').is_visible()

    page.locator("#id_email").fill(ADDRESS)
    press(page, language, "Send")
    expect(page.locator(".errors")).to_be_focused()
    expect(page.locator("#id_text_error")).to_contain_text(translated(language, "Write your message."))
    expect(page.locator("#id_email")).to_have_value(ADDRESS)
    write(page, language, QUESTION[language])
    go(page.locator("button.lang"))
    assert page.locator("html").get_attribute("lang") == other
    expect(page.locator("#id_text")).to_have_value(QUESTION[language])
    go(page.locator("button.lang"))
    press(page, language, "Send")
    assert page.url.endswith(SENT[language])
    expect(page.locator("h1")).to_have_text(translated(language, "We have your message"))
    expect(page.locator(".later")).to_be_hidden()
    assert QUESTION[language][:20] not in page.content()
    settle_all()

    # The admin is in the other language.
    staff = desk(Role.PLEDGES, other).page
    staff.goto("/admin/pledges/enquiry/")
    go(staff.locator("#result_list a").first)
    assert staff.locator("html").get_attribute("lang") == other
    received = staff.locator(".received")
    expect(received).to_have_text(QUESTION[language])
    assert received.get_attribute("lang") == language
    assert axe.faults(staff, only_serious=True) == {}
    staff.locator("#assignee").select_option(label="Arta")
    go(staff.locator("input[name=assign]"))
    expect(staff.locator("#result_list")).to_contain_text("Arta")
    go(staff.locator("#result_list a").first)
    answer = staff.locator("#text")
    in_language = {"sq": "Your answer, in Albanian", "en": "Your answer, in English"}[language]
    expect(staff.get_by_label(translated(other, in_language))).to_be_visible()
    assert answer.get_attribute("lang") == language
    answer.fill(QUESTION[language])
    go(staff.locator("input[name=answer]"))
    expect(staff.locator(".messagelist")).to_contain_text(
        translated(other, "Do not repeat what the person wrote: others may read their mailbox. Nothing was sent.")
    )
    expect(answer).to_have_value(QUESTION[language])
    # Leaving the page with a typed answer asks first.
    staff.once("dialog", lambda dialog: dialog.dismiss())
    answer.press("End")
    with staff.expect_event("dialog"):
        staff.locator("#site-name a").click(no_wait_after=True)
    expect(answer).to_have_value(QUESTION[language])
    answer.fill("Po, nesër në orën dhjetë.")
    go(staff.locator("input[name=answer]"))
    expect(staff.locator(".messagelist")).to_contain_text(translated(other, "answered"))
    assert staff.locator("#result_list a").count() == 0, "it waits no longer"

    [(subject, recipient, links)] = inbox()
    assert (subject, recipient) == (MessageText.objects.words_in_use("answer", language).subject, ADDRESS)
    answer_again = {"sq": "/sq/kontakt/", "en": "/en/contact/"}[language]
    assert any(answer_again in link for link in links)


def test_a_disclosure_in_the_form_of_the_press_is_seen_by_the_lead_alone(visit, desk, inbox):
    language, other = "sq", "en"
    lead, manager, administrator = (
        desk(role, other).page for role in (Role.SAFEGUARDING, Role.PLEDGES, Role.ADMINISTRATOR)
    )
    visitor = visit()
    page = visitor.page
    visitor.open(FORMS[language]["press"])
    write(page, language, DISCLOSURE[language])
    press(page, language, "Send")
    # The page is that of every message.
    assert page.url.endswith(SENT[language])
    expect(page.locator("h1")).to_have_text(translated(language, "We have your message"))
    settle_all()
    keep_house()
    [(_subject, recipient, links)] = inbox()
    assert recipient == "safeguarding@shembull.al"
    disclosure = Disclosure.objects.get()
    assert not any(str(disclosure.pk)[:8] in link for link in links)

    for staff in (manager, administrator):
        staff.goto("/admin/")
        assert staff.locator("a[href*='disclosure']").count() == 0
        assert staff.goto("/admin/pledges/disclosure/").status == 403
        assert staff.goto(f"/admin/pledges/disclosure/{disclosure.pk}/change/").status == 403
        staff.goto("/admin/pledges/enquiry/")
        assert staff.locator("#result_list a").count() == 0
    lead.goto("/admin/")
    go(lead.locator("#content-main a[href*='disclosure'], main a[href*='disclosure']").first)
    expect(lead.locator(".received")).to_have_text(DISCLOSURE[language])
    assert axe.faults(lead, only_serious=True) == {}
    label = translated(other, "Passed to 116 111 at")
    lead.get_by_label(label).fill(timezone.localtime().strftime("%Y-%m-%dT%H:%M"))
    go(lead.locator("input[name=pass]"))
    assert Disclosure.objects.get().passed_at is not None
    go(lead.locator("#result_list a").first)
    noted = translated(other, "Passed to 116 111 at %(when)s.").partition("%")[0].strip()
    expect(lead.locator("form.case")).to_contain_text(noted)


@axe.in_language_and_views
def test_the_check_of_an_enquiry_with_the_keyboard_only(visit, language, views):
    reach_limit(NETWORK)
    page = visit(viewport={"width": 360, "height": 740}).page
    page.goto(FORMS[language]["other"])
    assert axe.faults_in(page, views) == {}
    write(page, language, QUESTION[language])
    with page.expect_navigation():
        page.keyboard.press("Enter")
    box = page.locator(".check")
    expect(box).to_be_focused()
    expect(page.locator("#id_text")).to_have_value(QUESTION[language])
    expect(page.get_by_role("status")).to_have_text(translated(language, DONE), timeout=TIMEOUT)
    assert axe.faults_in(page, views) == {}
    tab_to(page, box.get_by_role("button"))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{SENT[language]}")
    settle_all()
    assert Enquiry.objects.count() == UsedChallenge.objects.count() == 1
    assert axe.faults_in(page, views) == {}
    page.go_back()
    expect(page.locator("#id_text")).to_have_value("")


def test_a_message_without_the_check_waits_and_the_page_after_it_says_so(visit):
    language = "sq"
    reach_limit(NETWORK)
    page = visit(java_script_enabled=False, viewport={"width": 360, "height": 740}).page
    page.goto(FORMS[language]["press"])
    write(page, language, QUESTION[language])
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".without-check")).to_contain_text(
        translated(language, "Our team may then see it up to an hour later.")
    )
    go(page.get_by_role("button", name=translated(language, "Send without the check")))
    assert page.url.endswith(SENT[language] + "#later")
    expect(page.locator(".later")).to_be_visible()


@pytest.mark.parametrize(("language", "has_script"), [("sq", True), ("en", False)])
def test_a_child_who_writes_meets_the_helpline_and_leaves_no_word_behind(visit, inbox, language, has_script):
    page = visit(java_script_enabled=has_script, viewport={"width": 360, "height": 640}).page
    page.goto(FORMS[language]["other"])
    write(page, language, DISCLOSURE[language])
    # With the keyboard only.
    page.locator("#id_over_16_0").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#id_over_16_1")).to_be_checked()
    page.locator("#id_email").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{path_of('campaign:contact_under_16', language)}")
    strip = page.locator(".help-strip").bounding_box()["y"]
    links = page.locator("main a[href='tel:116111'], main a[href='https://alo116.al']").all()
    assert len(links) == 3
    for link in links:
        box = link.bounding_box()
        assert box["y"] + box["height"] <= strip, "above the strip of a small phone"
    assert DISCLOSURE[language][:20] not in page.content()
    settle_all()
    assert not Enquiry.objects.exists() and inbox() == []
    if has_script:
        page.go_back()
        expect(page.locator("#id_text")).to_have_value("")
