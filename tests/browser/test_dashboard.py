"""The dashboard and pages of the admin in a browser: accessible on phone and desktop, in both schemes and languages."""

import re

from django.contrib.contenttypes.models import ContentType
from playwright.sync_api import expect

from campaign.models import Demand, PageText
from pledges.models import Message
from staff.models import Draft
from staff.roles import Role
from tests.browser import in_two_views, press
from tests.browser.axe import faults_in, in_language_and_views, view_of
from tests.enquiries import make_disclosure, make_enquiry
from tests.factories import make_pledge, make_staff
from tests.staff.accounts.test_accounts import make_account

LOCALES = {"sq": "sq-AL", "en": "en-GB"}

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


# Lists and forms with nothing of our own but styles, filters and notes.
STOCK_PAGES = [
    "/admin/campaign/page/add/",
    "/admin/campaign/article/",
    "/admin/campaign/demandstep/add/",
    "/admin/campaign/organisation/add/",
    "/admin/campaign/picture/add/",
    "/admin/campaign/protectionunit/",
    "/admin/campaign/sitesettings/1/change/",
    "/admin/campaign/term/",
    "/admin/campaign/voice/add/",
    "/admin/pledges/blockedaddress/",
    "/admin/pledges/datarequest/add/",
    "/admin/pledges/enquiry/",
    "/admin/pledges/event/add/",
    "/admin/pledges/export/",
    "/admin/pledges/goal/add/",
    "/admin/pledges/grouppledge/",
    "/admin/pledges/message/",
    "/admin/pledges/papersheet/",
    "/admin/pledges/pledgingsettings/1/change/",
    "/admin/pledges/wallname/",
    "/admin/staff/account/",
    "/admin/staff/entry/",
]


def pages(visitor):
    """Opens pages of the admin, those with our own templates first; yields each path."""
    text, demand = PageText.objects.get(key="home_lead"), Demand.objects.first()
    for path in (
        "/admin/",
        "/admin/campaign/pagetext/?page__exact=home",
        f"/admin/campaign/pagetext/{text.pk}/change/",
        f"/admin/campaign/pagetext/{text.pk}/history/",
        "/admin/campaign/helpchannel/",
        f"/admin/campaign/demand/{demand.pk}/change/",
        "/admin/pledges/pledge/",
        "/admin/pledges/sector/add/",
        "/admin/pledges/pledge/minutes/",
        "/admin/pledges/pledge/funnel/",
        *STOCK_PAGES,
    ):
        visitor.open(path)
        yield path


def faults_and_width(page, views):
    """Serious findings of axe on the open page in each view, and by how many pixels it is wider than the screen."""
    found = faults_in(page, views, only_serious=True)
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 740})
        if (beyond := page.evaluate(TOO_WIDE)) > 0:
            found[width, "too wide"] = beyond
    return found


@in_language_and_views
def test_axe_finds_nothing_serious_on_the_pages_of_the_admin(staff_visit, language, views):
    for sector in ("parents", "teachers"):
        Message.queue(Message.Kind.CONFIRM, make_pledge(state="confirmed", sector=sector))
    Message.objects.update(state="failing")
    visitor = staff_visit(make_staff(superuser=True), locale=LOCALES[language])
    found = {}
    for number, path in enumerate(pages(visitor)):
        faults = faults_and_width(visitor.page, view_of(views, number))
        found |= {(path, *where): what for where, what in faults.items()}
    assert found == {}


@in_language_and_views
def test_axe_finds_nothing_serious_on_the_front_page_of_a_writer_and_on_the_search(staff_visit, language, views):
    writer = make_account("drita@shembull.al", Role.WRITER, "Drita Kola")
    for key, state in (("home_lead", "draft"), ("help_lead", "returned")):
        text = PageText.objects.get(key=key)
        kind = ContentType.objects.get_for_model(PageText)
        Draft.objects.create(
            content_type=kind, object_id=str(text.pk), name=key, state=state, writers=[writer.pk], note="Burimi?"
        )
    visitor, found = staff_visit(writer, locale=LOCALES[language]), {}
    visitor.open("/admin/")
    found |= faults_and_width(visitor.page, views)
    for words in ("ndihmë", "xyzzy", "x" * 101):
        visitor.page.locator("#search-all").fill(words)
        press(visitor.page.locator(".search-all button"))
        assert visitor.page.locator("#search-all").input_value() == words
        found |= faults_and_width(visitor.page, views)
    assert found == {}


@in_two_views
def test_the_goal_is_searched_opened_and_come_back_from(staff_visit, locale, width):
    visitor = staff_visit(
        make_account("besa@shembull.al", Role.PLEDGES, "Besa Kola"),
        locale=locale,
        viewport={"width": width, "height": 800},
    )
    page = visitor.page
    visitor.open("/admin/pledges/message/")
    page.locator("#search-all").fill({"sq-AL": "synimi", "en-GB": "goal"}[locale])
    page.keyboard.press("Enter")
    results = page.locator(".found")
    expect(results).to_be_visible()
    press(results.locator("a[href='/admin/pledges/goal/']"))
    expect(page).to_have_url(re.compile("/admin/pledges/goal/$"))
    page.go_back()
    expect(results.locator("a[href='/admin/pledges/goal/']")).to_be_visible()
    assert faults_in(page, [(width, "light", None)], only_serious=True) == {}


def test_a_person_is_found_from_the_search_and_is_in_no_address(staff_visit):
    pledge = make_pledge("Drita Kola", "drita@shembull.al", state="confirmed")
    visitor = staff_visit(make_account("besa@shembull.al", Role.PLEDGES, "Besa Kola"), locale="en-GB")
    page, addresses = visitor.page, []
    page.on("request", lambda request: addresses.append(request.url))
    visitor.open("/admin/")
    page.locator("#search-all").fill("drita@shembull.al")
    page.keyboard.press("Enter")
    press(page.get_by_role("button", name="Find a person: drita@shembull.al"))
    expect(page.locator("#result_list")).to_contain_text("Drita Kola")
    assert str(pledge.pk) in page.url
    assert [address for address in addresses if "drita" in address.lower()] == []


# The name of what has the focus. A button within a form has the form as its owner.
FOCUSED = "document.activeElement.name"
LAST_FIELD = """() => [...document.querySelectorAll("fieldset.module :is(input, select, textarea, [contenteditable])")]
    .filter(each => each.type !== "hidden" && each.checkVisibility() && !each.disabled).at(-1).focus()"""


def test_from_the_last_field_ten_tabs_lead_to_save(staff_visit):
    visitor = staff_visit(make_staff(superuser=True), locale="en-GB")
    far = {}
    for path in [each for each in pages(visitor) if each.endswith(("/add/", "/change/"))]:
        visitor.open(path)
        visitor.page.evaluate(LAST_FIELD)
        for tabs in range(12):  # noqa: B007 - read below
            if visitor.page.evaluate(FOCUSED) == "_save":
                break
            visitor.page.keyboard.press("Tab")
        if tabs > 10:
            far[path] = tabs
    assert far == {}


@in_language_and_views
def test_a_disclosure_is_on_the_first_screen_of_a_phone_and_in_a_colour_of_its_own(staff_visit, language, views):
    for _ in range(3):
        make_disclosure()
        make_enquiry()
    visitor = staff_visit(make_staff(superuser=True), locale=LOCALES[language])
    page = visitor.page
    visitor.open("/admin/")
    page.set_viewport_size({"width": 360, "height": 640})
    panel = page.locator(".alarm")
    box = panel.bounding_box()
    assert box["y"] + box["height"] <= 640
    ground = "each => getComputedStyle(each).backgroundColor"
    assert panel.evaluate(ground) not in page.locator("main :is(section, nav, a, div):not(.alarm)").evaluate_all(
        f"found => found.map({ground})"
    )
    assert faults_in(page, views) == {}


@in_language_and_views
def test_axe_finds_nothing_serious_on_the_sign_in_page(browser, live_server, language, views):
    context = browser.new_context(base_url=live_server.url, locale=LOCALES[language], reduced_motion="reduce")
    page = context.new_page()
    page.goto("/admin/login/")
    found = faults_and_width(page, views)
    context.close()
    assert found == {}


def test_the_lead_of_the_home_page_is_edited_on_a_phone(staff_visit):
    visitor = staff_visit(make_staff("change_pagetext"), locale="en-GB", viewport={"width": 360, "height": 740})
    page = visitor.page
    visitor.open("/admin/")
    press(page.get_by_role("link", name="Edit the home page text"))
    press(page.get_by_role("link", name="Lead, the sentence under the headline"))
    page.get_by_label("Text (Albanian)").fill("Fjalë të reja.")
    page.get_by_label("Text (English)").fill("New words.")
    press(page.get_by_role("button", name="Publish", exact=True))
    expect(page.locator(".messagelist .success")).to_be_visible()
    visitor.open("/en/")
    assert page.locator(".hero .lead").inner_text() == "New words."


def test_the_theme_toggle_of_django_switches_our_colours(staff_visit):
    visitor = staff_visit(make_staff(superuser=True), locale="en-GB", color_scheme="light")
    visitor.open("/admin/")
    background = "getComputedStyle(document.body).backgroundColor"
    seen = {visitor.page.evaluate(background)}
    for _ in range(2):
        visitor.page.locator(".theme-toggle").click()
        seen.add(visitor.page.evaluate(background))
    assert seen == {"rgb(255, 253, 250)", "rgb(19, 22, 46)"}
