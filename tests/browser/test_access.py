"""Everyone can use every page: in the dark, on the smallest phone, enlarged, with a screen reader (promise 10)."""

import pytest

from pledges.crypto import links
from pledges.crypto.links import Purpose
from tests.browser import press
from tests.browser.axe import EVERY_VIEW, OPPOSITE_VIEWS, faults_in
from tests.factories import make_pledge
from tests.pages import LANGUAGES, PUBLIC, path_of

# Words differ little in what they look like: English need not be looked at from everywhere.
VIEWS = {"sq": EVERY_VIEW, "en": OPPOSITE_VIEWS}


def public_pages(visitor, language):
    for name in PUBLIC:
        visitor.open(path_of(name, language))
        yield name


def personal_pages(visitor, language):
    """The pages with forms and words of one person, opened one after the other."""
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_10_axe_finds_nothing_on_any_page_by_day_or_night_on_phone_or_desk(visit, language):
    for sector in ("parents", "teachers", "youth"):
        make_pledge(state="confirmed", sector=sector)
    visitor = visit(viewport={"width": 360, "height": 740})
    found = {name: faults_in(visitor.page, VIEWS[language]) for name in every_page(visitor, language)}
    assert {name: faults for name, faults in found.items() if faults} == {}
    assert len(found) == len(PUBLIC) + 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_10_nothing_is_cut_off_or_scrolls_sideways_at_320_pixels(visit, language):
    """320 pixels are also 1280 at four hundred per cent."""
    make_pledge(state="confirmed")
    visitor = visit(viewport={"width": 320, "height": 640})
    too_wide, visited = {}, 0
    for name in every_page(visitor, language):
        wide = visitor.page.evaluate(
            """() => {
                const room = document.documentElement.clientWidth;
                if (document.documentElement.scrollWidth <= room) return [];
                return [...document.querySelectorAll("body *")]
                    .filter(element => element.getBoundingClientRect().right > room + 1)
                    .map(element => element.outerHTML.slice(0, 120));
            }"""
        )
        if wide:
            too_wide[name] = wide[:3]
        visited += 1
    assert too_wide == {}
    assert visited == len(PUBLIC) + 12


def test_10_a_larger_font_of_the_reader_is_followed(visit):
    visitor = visit(viewport={"width": 360, "height": 740})
    visitor.open("/sq/ndihme/")
    size = "parseFloat(getComputedStyle(document.querySelector('main p.lead')).fontSize)"
    normal = visitor.page.evaluate(size)
    visitor.page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    assert visitor.page.evaluate(size) >= 1.8 * normal
