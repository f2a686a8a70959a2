"""The admin as staff see it: anyone can use it, on a phone and at a desk, by day and by night, in both languages."""

import pytest
from playwright.sync_api import expect

from campaign.models import Demand, PageText
from pledges.models import Message
from tests.browser import press
from tests.browser.axe import EVERY_VIEW, faults_in
from tests.factories import make_pledge, make_staff
from tests.pages import LANGUAGES

LOCALES = {"sq": "sq-AL", "en": "en-GB"}

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def pages(visitor):
    """The pages we shape, opened one after the other."""
    text, demand = PageText.objects.get(key="home_lead"), Demand.objects.first()
    for path in (
        "/admin/",
        "/admin/campaign/pagetext/?page__exact=home",
        f"/admin/campaign/pagetext/{text.pk}/change/",
        "/admin/campaign/helpchannel/",
        f"/admin/campaign/demand/{demand.pk}/change/",
        "/admin/pledges/pledge/",
        "/admin/pledges/sector/add/",
    ):
        visitor.open(path)
        yield path


def what_is_wrong(page):
    """Serious findings of axe in every view of the page that is open, and whether it is wider than the screen."""
    found = {}
    for view in EVERY_VIEW:
        found |= faults_in(page, [view], only_serious=True)
        if (beyond := page.evaluate(TOO_WIDE)) > 0:
            found[*view[:2], "too wide"] = beyond
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_serious_where_staff_work(staff_visit, language):
    for sector in ("parents", "teachers"):
        Message.queue(Message.Kind.CONFIRM, make_pledge(state="confirmed", sector=sector))
    Message.objects.update(state="failing")
    visitor = staff_visit(make_staff(superuser=True), locale=LOCALES[language])
    found = {}
    for path in pages(visitor):
        found |= {(path, *where): what for where, what in what_is_wrong(visitor.page).items()}
    assert found == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_serious_at_the_door(browser, live_server, language):
    context = browser.new_context(base_url=live_server.url, locale=LOCALES[language], reduced_motion="reduce")
    page = context.new_page()
    page.goto("/admin/login/")
    found = what_is_wrong(page)
    context.close()
    assert found == {}


def test_the_home_page_s_lead_is_changed_on_a_phone(staff_visit):
    visitor = staff_visit(make_staff("change_pagetext"), locale="en-GB", viewport={"width": 360, "height": 740})
    page = visitor.page
    visitor.open("/admin/")
    press(page.get_by_role("link", name="Change the home page’s words"))
    press(page.get_by_role("link", name="Lead, the sentence under the headline"))
    page.get_by_label("Words (Albanian)").fill("Fjalë të reja.")
    page.get_by_label("Words (English)").fill("New words.")
    press(page.get_by_role("button", name="Save", exact=True))
    expect(page.locator(".messagelist .success")).to_be_visible()
    visitor.open("/en/")
    assert page.locator(".hero .lead").inner_text() == "New words."


def test_the_theme_is_django_s_to_toggle(staff_visit):
    visitor = staff_visit(make_staff(superuser=True), locale="en-GB", color_scheme="light")
    visitor.open("/admin/")
    ground = "getComputedStyle(document.body).backgroundColor"
    seen = {visitor.page.evaluate(ground)}
    for _ in range(2):
        visitor.page.locator(".theme-toggle").click()
        seen.add(visitor.page.evaluate(ground))
    assert seen == {"rgb(255, 253, 250)", "rgb(19, 22, 46)"}
