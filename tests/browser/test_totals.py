"""The totals page in a browser: highlighting, live updates, the map by keyboard, and everything without JavaScript."""

import pytest
from playwright.sync_api import expect

from pledges.models import PaperSheet, Pledge
from tests.browser import press
from tests.factories import make_pledge
from tests.published import show_counties
from tests.tally import put_cells, put_people

OVER_HALF_A_MINUTE = 31_000  # milliseconds


@pytest.fixture
def many_pledges():
    """600 pledges over a year, with published figures."""
    put_people(600, days=400)
    show_counties()


def faded(page):
    """The colours (s1, s2 …) whose dots are faded."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".one path[data-sector]")]
            .filter(path => getComputedStyle(path).opacity < 0.5).map(path => path.getAttribute("class")).sort()"""
    )


def test_a_sector_is_highlighted_by_pointer_without_javascript(visit, many_pledges):
    page = visit(java_script_enabled=False, viewport={"width": 1280, "height": 1600}).page
    page.goto("/en/totals/")
    others = ["s1", "s3", "s4", "s5", "s6", "s7", "s8"]
    assert faded(page) == []
    page.locator(".bars tr.s2").first.hover()
    assert faded(page) == others
    page.locator("h1").hover()
    assert faded(page) == []
    # Pointing at a dot highlights its sector and its row.
    x, y = page.evaluate(
        """() => {
            const path = document.querySelector(".one path.s2");
            const place = path.getPointAtLength(0).matrixTransform(path.getScreenCTM());
            return [place.x, place.y];
        }"""
    )
    page.mouse.move(x, y)
    assert faded(page) == others
    assert page.locator(".bars tr.s2 th").evaluate("row => getComputedStyle(row).textDecorationLine") == "underline"


def open_live(visitor, path):
    """Load a page and wait until the script of the live totals, which loads last, has started; then its clock stands still.

    Returns the list of the addresses of figures that it asks for.
    """
    page, asked = visitor.page, []
    page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    page.clock.install()
    page.add_init_script(
        "document.addEventListener('load', ({target}) => target.toggleAttribute('data-started', true), true)"
    )
    visitor.open(path)
    page.locator("script[src*=live][data-started]").wait_for(state="attached")
    page.clock.pause_at(page.evaluate("Date.now() / 1000") + 10)
    return asked


def dots(page):
    """Every drawn dot as colour and position, new ones included."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".one path:not(.free)[data-people], .one .new")]
            .flatMap(path => {
                const places = path.getAttribute("d").split("M").slice(1);
                return places.map(place => path.getAttribute("class").split(" ")[0] + place);
            })"""
    )


@pytest.mark.parametrize(
    ("path", "motion", "moves"), [("/en/", "no-preference", "drop"), ("/sq/sa-jemi/", "reduce", "none")]
)
def test_a_new_dot_appears_when_a_pledge_is_confirmed(visit, path, motion, moves):
    for _ in range(3):
        make_pledge(state="confirmed", sector="parents")
    visitor = visit(reduced_motion=motion)
    page = visitor.page
    asked = open_live(visitor, path)
    before = dots(page)
    assert len(before) == 3
    page.clock.run_for(5_000)
    assert asked == [], "no request before half a minute"
    make_pledge(state="confirmed", sector="youth")
    page.clock.run_for(OVER_HALF_A_MINUTE)
    page.locator(".one .new").wait_for(state="attached")
    assert page.locator(".one .new").evaluate("dot => getComputedStyle(dot).animationName") == moves
    after = dots(page)
    assert set(before) < set(after) and len(after) == 4
    [new] = set(after) - set(before)
    assert new.startswith("s7"), "in the colour of the sector"
    expect(page.locator("[data-count]")).to_have_text("4")
    # At the position where the server draws it for the next visitor.
    stranger = visit()
    stranger.open(path)
    assert {dot[2:] for dot in dots(stranger.page)} == {dot[2:] for dot in after}
    for _ in range(20):
        page.clock.run_for(3_000)
    assert 2 <= len(asked) <= page.evaluate("performance.now()") / 30_000, "at most one request every half minute"


def test_the_figure_of_today_grows_with_the_total_and_ends_at_midnight(visit):
    make_pledge(state="confirmed")
    visitor = visit()
    page = visitor.page
    open_live(visitor, "/en/")
    figure = page.locator("[data-today]")
    expect(figure).to_have_text("+1 today")
    make_pledge(state="confirmed")
    page.clock.run_for(OVER_HALF_A_MINUTE)
    expect(figure).to_have_text("+2 today")
    Pledge.objects.all().delete()
    page.clock.run_for(OVER_HALF_A_MINUTE)
    expect(figure).to_have_text("")
    make_pledge(state="confirmed")
    page.clock.run_for(OVER_HALF_A_MINUTE)
    expect(figure).to_have_text("+1 today")
    # As if the page were of the day before.
    figure.evaluate("each => { each.dataset.until = new Date(Date.parse(each.dataset.until) - 864e5).toISOString(); }")
    page.clock.run_for(OVER_HALF_A_MINUTE)
    expect(figure).to_have_text("")


def test_the_ring_and_its_label_lead_to_the_form_and_are_no_stop_of_the_keyboard(visit):
    put_people(185)
    visitor = visit(width=360)
    visitor.open("/sq/sa-jemi/")
    page = visitor.page
    link = page.locator("a.visitor-place")
    assert link.evaluate("link => [link.tabIndex, link.getAttribute('aria-hidden')]") == [-1, "true"]
    box = page.locator(".visitor-place rect").bounding_box()
    assert box["width"] >= 44 and box["height"] >= 44
    page.locator(".visitor-place circle").click()
    page.wait_for_url("**/zotimi/")
    page.go_back()
    page.locator(".visitor-label text").click()
    page.wait_for_url("**/zotimi/")


def test_a_hidden_page_sends_no_requests(visit):
    visitor = visit()
    page = visitor.page
    asked = open_live(visitor, "/en/totals/")
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.clock.run_for(4 * OVER_HALF_A_MINUTE)
    assert asked == []
    with page.expect_request("**/api/v1/totals.json"):
        page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    assert len(asked) == 1, "immediately when the page becomes visible"


def test_a_dot_for_several_people_appears_only_when_it_is_full(visit):
    put_people(640)
    visitor = visit()
    page = visitor.page
    open_live(visitor, "/en/totals/")
    assert len(dots(page)) == 320, "two people a dot"
    for expected, people in ((320, 641), (321, 642)):
        make_pledge(state="confirmed", sector="artists")
        page.clock.run_for(OVER_HALF_A_MINUTE)
        expect(page.locator("[data-count]")).to_have_text(str(people))
        assert len(dots(page)) == expected


def test_map_and_tables_work_without_javascript(visit, many_pledges):
    page = visit(java_script_enabled=False, width=360).page
    page.goto("/en/totals/")
    page.locator(".map a").first.focus()
    names = []
    for _ in range(12):
        names.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
        page.keyboard.press("Tab")
    assert len(set(names)) == 12 and all(": " in name for name in names)
    page.locator(".map a[href$='/kukes/']").focus()
    outline = page.locator(".map a[href$='/kukes/'] path").evaluate("path => getComputedStyle(path).strokeWidth")
    assert outline == "4px", "the focus is visible"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/en/totals/kukes/")
    page.goto("/sq/sa-jemi/")
    page.locator(".fold summary", has_text="Shihni tabelën").last.click()
    expect(page.locator(".grown tbody tr").first).to_be_visible()
    press(page.locator("a.lang"))
    press(page.locator("main a", has_text="How we count").first)
    assert page.get_by_role("heading", level=1).inner_text() == "How we count"


# The counter that others show in a frame


def test_the_counter_is_shown_in_frames_and_its_code_can_be_copied(visit):
    make_pledge(state="confirmed")
    page = visit().page
    page.goto("/en/open-data/")
    for number, words in enumerate(["mbështetës", "mbështetës", "supporter", "supporter"]):
        page.locator("iframe").nth(number).scroll_into_view_if_needed()
        assert words in page.frame_locator("iframe").nth(number).locator("h1").inner_text()
    code = page.locator(".counters textarea").first
    code.focus()
    page.keyboard.press("Control+a")
    assert page.evaluate("getSelection().toString()").startswith("<iframe src=")


def test_the_counter_fits_its_frame_at_any_width(visit):
    visitor = visit()
    page, found = visitor.page, {}
    for people in (0, 7, 1_234_567):
        PaperSheet.objects.all().delete()
        if people:
            put_cells({("parents", "AL-11"): people})
        for path in ("/counter/sq/light/", "/counter/en/dark/"):
            visitor.open(path)
            page.evaluate("document.fonts.ready")
            assert page.evaluate("document.fonts.check('16px Figtree')")
            for width in (240, 280, 300, 320, 360, 400, 480):
                page.set_viewport_size({"width": width, "height": 280})
                size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
                if size != [width, 280]:
                    found[people, path, width] = size
    assert found == {}
