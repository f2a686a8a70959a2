"""Messages to the team in a browser: from the home page to the answer, from a child to the helpline."""

from playwright.sync_api import expect

from pledges.models import Enquiry, MessageText
from staff.roles import Role
from tests.browser import press as go
from tests.browser.test_story import press, translated
from tests.enquiries import CONTACT, DISCLOSURE, FORMS, QUESTION, SENT
from tests.factories import settle_all
from tests.pages import path_of
from tests.staff.accounts.test_accounts import make_account

ADDRESS = "zamira@gazeta-shembull.al"


def write(page, language, text):
    """Fill in the form of the press, which is open, and leave the focus in its last field."""
    page.locator("#id_over_16_0").check()
    page.get_by_label(translated(language, "Your message"), exact=True).fill(text)
    page.locator("#id_name").fill("Zamira Gazetarja")
    page.locator("#id_email").fill(ADDRESS)
    page.locator("#id_email").focus()


def test_a_journalist_writes_from_the_home_page_and_is_answered_in_their_language(visit, staff_visit, inbox):
    language, other = "en", "sq"
    page = visit(java_script_enabled=False, width=360).page
    page.goto(path_of("campaign:home", language))
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
    staff = staff_visit(make_account("besa@shembull.al", Role.PLEDGES, "Arta"), locale="sq-AL").page
    staff.goto("/admin/pledges/enquiry/")
    go(staff.locator("#result_list a").first)
    assert staff.locator("html").get_attribute("lang") == other
    received = staff.locator(".received")
    expect(received).to_have_text(QUESTION[language])
    assert received.get_attribute("lang") == language
    answer = staff.locator("#text")
    assert answer.get_attribute("lang") == language
    answer.fill("Po?")
    # Leaving the page with a typed answer asks first.
    staff.once("dialog", lambda dialog: dialog.dismiss())
    answer.press("End")
    with staff.expect_event("dialog"):
        staff.locator("#site-name a").click(no_wait_after=True)
    expect(answer).to_have_value("Po?")
    answer.fill("Po, nesër në orën dhjetë.")
    go(staff.locator("input[name=answer]"))
    expect(staff.locator(".messagelist")).to_contain_text(translated(other, "answered"))
    assert staff.locator("#result_list a").count() == 0, "it waits no longer"

    [(subject, recipient, links)] = inbox()
    assert (subject, recipient) == (MessageText.objects.words_in_use("answer", language).subject, ADDRESS)
    answer_again = {"sq": "/sq/kontakt/", "en": "/en/contact/"}[language]
    assert any(answer_again in link for link in links)


def test_a_child_who_writes_meets_the_helpline_and_leaves_no_word_behind(visit, inbox):
    language = "sq"
    page = visit(viewport={"width": 360, "height": 640}).page
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
    page.go_back()
    expect(page.locator("#id_text")).to_have_value("")
