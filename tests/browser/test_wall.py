"""The wall of names in a browser: moderation by staff, publication, withdrawal; and the page of open data."""

import pytest

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Pledge
from tests.browser import press
from tests.browser.axe import faults_in, in_language_and_views
from tests.factories import make_pledge, make_staff
from tests.pages import path_of
from tests.published import show_counties
from tests.tally import put_cells
from tests.wall import let_a_night_pass

PAGES = ("pledges:wall", "pledges:open_data")


def names_on_wall(visitor):
    visitor.open("/sq/muri/")
    return visitor.page.locator(".wall bdi").all_inner_texts()


@pytest.mark.quick
def test_13_a_name_appears_after_moderation_and_goes_when_its_owner_withdraws(visit, staff_visit):
    pledge = make_pledge("Drita Shehu", state="confirmed", sector="teachers", show_name=True)
    make_pledge("BESA KOLA", state="confirmed", show_name=True)
    visitor = visit()
    assert names_on_wall(visitor) == []
    assert "Këtu ende nuk ka emra" in visitor.page.locator("main").inner_text()

    colleague = staff_visit(make_staff("change_wallname", "see_people"), locale="en-GB")
    colleague.open("/admin/")
    page = colleague.page
    press(page.get_by_role("link", name="2 names to check for the wall"))
    page.locator("#action-toggle").check()
    page.get_by_label("Action:").select_option("show")
    press(page.get_by_role("button", name="Run"))
    press(page.get_by_role("button", name="Yes, I’m sure"))
    message = page.locator(".messagelist").inner_text()
    assert "1 name will be on the wall from midnight on." in message and "1 name has a warning next to it" in message
    assert names_on_wall(visitor) == []
    let_a_night_pass()
    assert names_on_wall(visitor) == ["Drita Sh."]

    page.locator("#action-toggle").check()
    page.get_by_label("Action:").select_option("show")
    press(page.get_by_role("button", name="Run"))
    press(page.get_by_role("button", name="Yes, I’m sure"))
    let_a_night_pass()
    assert set(names_on_wall(visitor)) == {"Drita Sh.", "Besa K."}

    visitor.open(links.path(Purpose.MANAGE, pledge, language="sq"))
    visitor.page.locator(".folds summary").first.click()
    assert "Emri juaj shfaqet te mbështetësit si „Drita Sh.”." in visitor.page.locator("main").inner_text()
    press(visitor.page.locator("main").get_by_role("link", name="Tërhiqeni zotimin"))
    press(visitor.page.locator("main form button"))
    assert names_on_wall(visitor) == ["Besa K."]


def test_the_pages_of_the_wall_work_without_javascript(visit):
    for number in range(310):
        name = f"E{'abcdefghijklmnopqrstuvwxyz'[number % 26]}{'abcdefghijkl'[number // 26]} Kola"
        make_pledge(name, state="confirmed", show_name=True, wall="shown", wall_at="2026-01-01")
    visitor = visit(java_script_enabled=False)
    first = names_on_wall(visitor)
    press(visitor.page.locator("a[rel=next]"))
    second = visitor.page.locator(".wall bdi").all_inner_texts()
    assert (len(first), len(second)) == (300, 10) and set(first).isdisjoint(second)
    press(visitor.page.locator("a.lang"))
    assert visitor.page.url.endswith("/en/wall/2/")
    press(visitor.page.locator("a[rel=prev]"))
    assert visitor.page.url.endswith("/en/wall/")


def test_the_counter_is_shown_in_frames_and_its_code_can_be_copied(visit):
    make_pledge(state="confirmed")
    visitor = visit()
    visitor.open("/en/open-data/")
    page = visitor.page
    for number, words in enumerate(["mbështetës", "mbështetës", "supporter", "supporter"]):
        page.locator("iframe").nth(number).scroll_into_view_if_needed()
        assert words in page.frame_locator("iframe").nth(number).locator("h1").inner_text()
    code = page.locator(".counters textarea").first
    code.focus()
    page.keyboard.press("Control+a")
    assert page.evaluate("getSelection().toString()").startswith("<iframe src=")


@pytest.mark.parametrize("people", [0, 7, 2971, 1_234_567])
def test_the_counter_fits_its_frame_at_any_width(visit, people):
    if people:
        put_cells({("parents", "AL-11"): people})
    visitor = visit()
    page = visitor.page
    for path in ("/counter/sq/light/", "/counter/en/dark/"):
        for width in (240, 280, 300, 320, 360, 400, 480):
            page.set_viewport_size({"width": width, "height": 280})
            visitor.open(path)
            page.evaluate("document.fonts.ready")
            assert page.evaluate("document.fonts.check('16px Figtree')")
            size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
            assert size == [width, 280], (path, width)


@in_language_and_views
def test_10_axe_finds_nothing_on_the_wall_and_the_open_data_with_data(visit, language, views):
    for sector in ("parents", "teachers", "artists", "officials", "citizens"):
        make_pledge(f"Arta {sector.title()}", state="confirmed", sector=sector, show_name=True)
    Pledge.objects.all().decide_wall("shown")
    let_a_night_pass()
    show_counties()
    visitor, found = visit(), {}
    for name in PAGES:
        visitor.open(path_of(name, language))
        found |= {(name, *where): nodes for where, nodes in faults_in(visitor.page, views).items()}
        visitor.page.set_viewport_size({"width": 320, "height": 640})
        assert visitor.page.evaluate("document.documentElement.scrollWidth") == 320, name
    assert found == {}
