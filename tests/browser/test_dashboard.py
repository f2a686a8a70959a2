"""The dashboard and pages of the admin in a browser: accessible on phone and desktop, in both schemes and languages."""

import pytest
from django.contrib.contenttypes.models import ContentType
from playwright.sync_api import expect

from campaign.models import Demand, PageText
from pledges.models import Message
from staff.models import Draft
from staff.roles import Role
from tests.browser import is_too_wide, press
from tests.browser.axe import faults, faults_in, in_languages
from tests.enquiries import make_disclosure, make_enquiry
from tests.factories import make_pledge
from tests.staff.accounts.test_accounts import make_account
from tests.voices import make_voice

LOCALES = {"sq": "sq-AL", "en": "en-GB"}

# The first have templates of our own; the others are lists and forms with nothing of our own but styles, filters and notes.
PAGES = [
    *("campaign/pagetext/?page__exact=home", "campaign/pagetext/{text}/change/", "campaign/pagetext/{text}/history/"),
    *("campaign/helpchannel/", "campaign/demand/{demand}/change/", "campaign/voice/{voice}/owner/"),
    *("pledges/pledge/", "pledges/pledge/{pledge}/change/", "pledges/pledge/{pledge}/delete/"),
    *("pledges/disclosure/{disclosure}/change/", "pledges/enquiry/{enquiry}/change/", "pledges/sector/add/"),
    *("pledges/pledge/minutes/", "pledges/pledge/funnel/"),
    *("campaign/page/add/", "campaign/article/", "campaign/demandstep/add/", "campaign/organisation/add/"),
    *("campaign/picture/add/", "campaign/protectionunit/", "campaign/sitesettings/1/change/", "campaign/term/"),
    *("campaign/voice/add/", "pledges/blockedaddress/", "pledges/datarequest/add/", "pledges/enquiry/"),
    *("pledges/event/add/", "pledges/export/", "pledges/goal/add/", "pledges/grouppledge/", "pledges/message/"),
    *("pledges/papersheet/", "pledges/pledgingsettings/1/change/", "pledges/wallname/"),
    *("staff/account/", "staff/entry/"),
]
# The name of what has the focus. A button within a form has the form as its owner.
FOCUSED = "document.activeElement.name"
LAST_FIELD = """() => [...document.querySelectorAll("fieldset.module :is(input, select, textarea, [contenteditable])")]
    .filter(each => each.type !== "hidden" && each.checkVisibility() && !each.disabled).at(-1).focus()"""


def faults_and_width(page, number=None):
    """Serious findings of axe on the open page, and the widths for which it is too wide."""
    found = faults_in(page, number, main="#content", only_serious=True)
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 740})
        if is_too_wide(page):
            found[width, "too wide"] = True
    return found


def reaches_save(page):
    """Whether ten tabs lead from the last field of a form to its button."""
    page.evaluate(LAST_FIELD)
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == "_save":
            return True
    return False


@in_languages
def test_axe_finds_nothing_serious_on_the_pages_of_the_admin_and_ten_tabs_lead_to_save(staff_visit, language):
    pledge = make_pledge(state="confirmed")
    Message.queue(Message.Kind.CONFIRM, pledge)
    Message.objects.update(state="failing")
    visitor, found = staff_visit(locale=LOCALES[language]), {}
    page = visitor.page
    rows = {"text": PageText.objects.get(key="home_lead"), "demand": Demand.objects.first(), "voice": make_voice("new")}
    rows |= {"pledge": pledge, "disclosure": make_disclosure(), "enquiry": make_enquiry()}
    ids = {name: row.pk for name, row in rows.items()}
    for number, path in enumerate(PAGES):
        visitor.open(f"/admin/{path.format(**ids)}")
        found |= {(path, *where): what for where, what in faults_and_width(page, number).items()}
        # Pages of one person have forms of their own.
        is_form = page.locator("[name=_save]").count() and path.endswith(("/add/", "/change/"))
        if is_form and not reaches_save(page):
            found[path] = "ten tabs do not lead to the button"
    assert found == {}


@in_languages
def test_axe_finds_nothing_serious_on_the_front_page_of_a_writer_on_the_search_and_at_the_sign_in(
    staff_visit, admin_visit, language
):
    writer = make_account("drita@shembull.al", Role.WRITER, "Drita Kola")
    for key, state in (("home_lead", "draft"), ("help_lead", "returned")):
        text = PageText.objects.get(key=key)
        kind = ContentType.objects.get_for_model(PageText)
        Draft.objects.create(
            content_type=kind, object_id=str(text.pk), name=key, state=state, writers=[writer.pk], note="Burimi?"
        )
    visitor, found = staff_visit(writer, locale=LOCALES[language]), {}
    page = visitor.page
    visitor.open("/admin/")
    found |= faults_and_width(page)
    for words in ("ndihmë", "xyzzy"):
        page.locator("#search-all").fill(words)
        press(page.locator(".search-all button"))
        assert page.locator("#search-all").input_value() == words
        found |= faults_and_width(page)
    stranger = admin_visit(locale=LOCALES[language])
    stranger.open("/admin/login/")
    assert found | faults_and_width(stranger.page) == {}


def test_a_person_is_found_from_the_search_and_is_in_no_address(staff_visit):
    pledge = make_pledge("Drita Kola", "drita@shembull.al", state="confirmed")
    visitor = staff_visit(make_account("besa@shembull.al", Role.PLEDGES, "Besa Kola"))
    page, addresses = visitor.page, []
    page.on("request", lambda request: addresses.append(request.url))
    visitor.open("/admin/")
    page.locator("#search-all").fill("drita@shembull.al")
    page.keyboard.press("Enter")
    press(page.get_by_role("button", name="Find a person: drita@shembull.al"))
    expect(page.locator("#result_list")).to_contain_text("Drita Kola")
    assert str(pledge.pk) in page.url
    # Back leads to what was found.
    page.go_back()
    expect(page.get_by_role("button", name="Find a person: drita@shembull.al")).to_be_visible()
    assert [address for address in addresses if "drita" in address.lower()] == []


@in_languages
def test_a_disclosure_is_on_the_first_screen_of_a_phone_and_in_a_colour_of_its_own(staff_visit, language):
    for _ in range(3):
        make_disclosure()
        make_enquiry()
    page = staff_visit(locale=LOCALES[language]).page
    page.goto("/admin/")
    page.set_viewport_size({"width": 360, "height": 640})
    panel = page.locator(".alarm")
    box = panel.bounding_box()
    assert box["y"] + box["height"] <= 640
    ground = "each => getComputedStyle(each).backgroundColor"
    assert panel.evaluate(ground) not in page.locator("main :is(section, nav, a, div):not(.alarm)").evaluate_all(
        f"found => found.map({ground})"
    )
    assert faults_in(page) == {}


def test_the_theme_toggle_of_django_switches_our_colours(staff_visit):
    page = staff_visit(color_scheme="light").page
    page.goto("/admin/")
    background = "getComputedStyle(document.body).backgroundColor"
    seen = {page.evaluate(background)}
    for _ in range(2):
        page.locator(".theme-toggle").click()
        seen.add(page.evaluate(background))
    assert seen == {"rgb(255, 253, 250)", "rgb(19, 22, 46)"}


@pytest.mark.parametrize("script", [True, False])
def test_on_a_phone_the_sidebar_opens_shows_where_one_is_and_closes(staff_visit, script):
    colleague = staff_visit(width=360, color_scheme="dark", java_script_enabled=script)
    page = colleague.page
    colleague.open("/admin/staff/entry/")
    nav = page.locator("#nav-sidebar")
    expect(nav).to_be_hidden()
    page.locator(".sidebar-opener a").click()
    expect(page.locator(".sidebar-opener a")).to_be_hidden()
    present = nav.locator("[aria-current]")
    expect(present).to_have_attribute("href", "/admin/staff/entry/")
    expect(present).to_be_in_viewport()
    assert nav.locator("details[open]").count() == 1
    assert min(each.bounding_box()["height"] for each in nav.locator("summary, a:visible, input:visible").all()) >= 44
    assert not is_too_wide(page)
    if script:
        assert faults(page, within="#nav-sidebar") == {}
    nav.locator(".sidebar-link").click()
    expect(nav).to_be_hidden()


def test_the_filter_finds_what_is_in_closed_sections(staff_visit):
    colleague = staff_visit()
    colleague.open("/admin/staff/entry/")
    page = colleague.page
    expect(page.locator("#nav-sidebar [aria-current]")).to_be_in_viewport()
    page.locator("#nav-filter").fill("glossary nowhere")
    assert page.locator("#nav-sidebar th a:visible").count() == 0
    page.locator("#nav-filter").fill("paper sh")
    assert page.locator("#nav-sidebar th a:visible").all_inner_texts() == ["Paper sheets"]
    page.locator("#nav-filter").fill("")
    assert page.locator("#nav-sidebar details[open]").count() == 1
