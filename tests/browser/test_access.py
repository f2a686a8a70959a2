"""Accessibility of every page: axe-core, both colour schemes, narrow and zoomed screens (promise 10)."""

from pledges.crypto import links
from pledges.crypto.links import Purpose
from tests.browser import press, test_totals, test_wall
from tests.browser.axe import ALL_VIEWS, faults_in, in_language_and_views, view_of
from tests.factories import make_pledge
from tests.pages import PUBLIC, path_of

# test_totals and test_wall check these with more data.
WITH_MORE_DATA = {*test_totals.PAGES, *test_wall.PAGES}


def public_pages(visitor, language):
    """Opens one public page after the other; yields its name."""
    for name in PUBLIC:
        visitor.open(path_of(name, language))
        yield name


def personal_pages(visitor, language):
    """Opens one page with a form or personal data after the other; yields a name for each."""
    page = visitor.page

    def link(purpose, pledge):
        return links.path(purpose, pledge, language=language)

    visitor.open(path_of("pledges:sign", language))
    press(page.locator("form#pledge .btn"))
    yield "the form with errors"
    page.locator("#id_email").fill("drita@gmial.com")
    press(page.locator("form#pledge .btn"))
    yield "the form with a suggestion"
    pending, confirmed = make_pledge(), make_pledge(state="confirmed", consent_language=language)
    visitor.open(link(Purpose.BLOCK, pending))
    yield "not me"
    visitor.open(link(Purpose.CONFIRM, pending))
    yield "confirm"
    press(page.locator("main .btn"))
    yield "thanks"
    visitor.open(link(Purpose.MANAGE, confirmed))
    yield "manage"
    page.locator("#id_name").fill("")
    press(page.locator("main form .btn").first)
    yield "manage with an error"
    for purpose in (Purpose.SHARE, Purpose.COMMIT, Purpose.CERTIFICATE):
        visitor.open(link(purpose, confirmed))
        yield purpose
    visitor.open(link(Purpose.WITHDRAW, confirmed))
    yield "withdraw"
    visitor.open(f"/{language}/nuk-ka/")
    yield "not found"


def every_page(visitor, language):
    yield from public_pages(visitor, language)
    yield from personal_pages(visitor, language)


TOO_WIDE = """() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    return [...document.querySelectorAll("body *")]
        .filter(element => element.getBoundingClientRect().right > room + 1)
        .map(element => element.outerHTML.slice(0, 120));
}"""


@in_language_and_views
def test_10_no_page_fails_axe_nor_scrolls_sideways_at_320_pixels(visit, language, views):
    """320 pixels are also 1280 at 400 % zoom."""
    for sector in ("parents", "teachers", "youth"):
        make_pledge(state="confirmed", sector=sector)
    visitor = visit(viewport={"width": 360, "height": 740})
    found, too_wide = {}, {}
    for number, name in enumerate(every_page(visitor, language)):
        if views is ALL_VIEWS or name not in WITH_MORE_DATA:
            found[name] = faults_in(visitor.page, view_of(views, number))
        visitor.page.set_viewport_size({"width": 320, "height": 640})
        too_wide[name] = visitor.page.evaluate(TOO_WIDE)[:3]
        visitor.page.set_viewport_size({"width": 360, "height": 740})
    assert {name: faults for name, faults in found.items() if faults} == {}
    assert {name: elements for name, elements in too_wide.items() if elements} == {}
    assert len(too_wide) == len(PUBLIC) + 12


def test_10_text_grows_with_the_font_size_of_the_browser(visit):
    visitor = visit(viewport={"width": 360, "height": 740})
    visitor.open("/sq/ndihme/")
    size = "parseFloat(getComputedStyle(document.querySelector('main p.lead')).fontSize)"
    normal = visitor.page.evaluate(size)
    visitor.page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    assert visitor.page.evaluate(size) >= 1.8 * normal
