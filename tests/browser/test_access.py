"""Accessibility of every page: axe-core, both colour schemes, narrow and zoomed screens (promise 10)."""

from campaign.models import Demand
from pledges.crypto import links, news_links
from pledges.crypto.links import Purpose
from tests.browser import press, test_totals, test_wall
from tests.browser.axe import ALL_VIEWS, faults_in, in_language_and_views, view_of
from tests.demands import add_step, days_ago, make_handover
from tests.factories import make_pledge
from tests.mailings import release
from tests.pages import PUBLIC, path_of

# test_totals and test_wall check these with more data.
WITH_MORE_DATA = {*test_totals.PAGES, *test_wall.PAGES}


def public_pages(visitor, language):
    """Opens one public page after the other; yields its name."""
    for name in PUBLIC:
        visitor.open(path_of(name, language))
        yield name
    demand = Demand.objects.get(key="register")
    wrong = demand.steps.get(state="adopted")
    add_step(demand, corrects=wrong, state="adopted", date=wrong.date, reason_sq="Gabim.", reason_en="An error.")
    make_handover(demand=demand, handed_on=days_ago(9), registry_number="1")
    visitor.open(path_of("campaign:demand", language, demand.slug_in(language)))
    yield "a demand with a correction and a hand-over"
    visitor.open(path_of("pledges:mailing", language, release(audience="demand", demand="register").pk))
    yield "news that was sent"


def personal_pages(visitor, language):
    """Opens one page with a form or personal data after the other; yields a name for each."""
    page = visitor.page

    def link(purpose, pledge):
        return links.path(purpose, pledge, language=language)

    visitor.open(path_of("pledges:sign", language))
    press(page.locator("form#pledge [name=sign]"))
    yield "the form with errors"
    page.locator("#id_email").fill("drita@gmial.com")
    press(page.locator("form#pledge [name=sign]"))
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
    page.locator(".folds summary").first.click()
    page.locator("#id_name").fill("")
    press(page.locator("main [name=save]"))
    yield "manage with an error"
    visitor.open(link(Purpose.MANAGE, confirmed))
    page.locator(".folds > details > summary").nth(2).click()
    page.locator("#id_updates").check()
    page.locator("#id_counties_0").evaluate("box => { box.checked = true; box.value = 'x' }")
    press(page.locator("[name=follow]"))
    yield "what we email about, with an error"
    mailing = release(audience="county", county_id="AL-01")
    visitor.open(path_of("pledges:end_news", language, news_links.token(confirmed, mailing.pk)))
    yield "end the news"
    press(page.locator("[name=only]"))
    yield "a part of the news ended"
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

# Controls lower than 44 pixels. Links within a sentence, which is longer than they are, may be as high as its lines. The target
# of a radio button or check box is its row.
TOO_LOW = """() => {
    const controls = "a[href], button, summary, select, textarea, input:not([type=hidden])";
    return [...document.querySelectorAll(controls)].filter(element => {
        if (element.closest("svg, .visually-hidden, .skip, .hp")) return false;
        const isInline = each => getComputedStyle(each).display.startsWith("inline");
        let around = element;
        while (isInline(around)) around = around.parentElement;
        const isInText = around.textContent.trim() !== element.textContent.trim() && around.matches("p, li, h2, blockquote");
        const target = element.matches("[type=radio], [type=checkbox]") ? element.labels[0] : element;
        const height = target.getBoundingClientRect().height;
        return !isInText && height > 0 && height < 43.5;
    }).map(element => element.outerHTML.slice(0, 120));
}"""

# Words of headings that do not fit in one line.
BROKEN_WORDS = """() => [...document.querySelectorAll("h1, h2, h3")].flatMap(heading => {
    const broken = [], range = document.createRange(), texts = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        for (const word of texts.currentNode.textContent.matchAll(/[^\\s/-]+/g)) {
            range.setStart(texts.currentNode, word.index);
            range.setEnd(texts.currentNode, word.index + word[0].length);
            if (range.getClientRects().length > 1) broken.push(word[0]);
        }
    }
    return broken;
})"""


@in_language_and_views
def test_10_no_page_fails_axe_nor_scrolls_sideways_at_320_pixels_nor_has_small_targets(visit, language, views):
    """320 pixels are also 1280 at 400 % zoom."""
    for sector in ("parents", "teachers", "youth"):
        make_pledge(state="confirmed", sector=sector)
    visitor = visit(viewport={"width": 360, "height": 740})
    found, too_wide, too_low, broken = {}, {}, {}, {}
    for number, name in enumerate(every_page(visitor, language)):
        if views is ALL_VIEWS or name not in WITH_MORE_DATA:
            found[name] = faults_in(visitor.page, view_of(views, number))
        visitor.page.set_viewport_size({"width": 320, "height": 640})
        too_wide[name] = visitor.page.evaluate(TOO_WIDE)[:3]
        broken[name] = visitor.page.evaluate(BROKEN_WORDS)
        visitor.page.set_viewport_size({"width": 360, "height": 740})
        too_low[name] = visitor.page.evaluate(TOO_LOW)[:3]
    assert {name: faults for name, faults in found.items() if faults} == {}
    assert {name: elements for name, elements in too_wide.items() if elements} == {}
    assert {name: elements for name, elements in too_low.items() if elements} == {}
    assert {name: words for name, words in broken.items() if words} == {}
    assert len(too_wide) == len(PUBLIC) + 17


def test_high_contrast_modes_keep_the_mark_of_the_footer_and_the_step_of_a_demand(visit):
    """They replace colours and drop backgrounds and shadows; borders and outlines stay."""
    visitor = visit(forced_colors="active")
    visitor.open("/sq/")
    fill, text = visitor.page.evaluate(
        """() => [getComputedStyle(document.querySelector(".foot .mark circle:not(.you)")).fill,
                  getComputedStyle(document.querySelector(".foot .small")).color]"""
    )
    assert fill == text
    width = (
        """step => parseFloat(getComputedStyle(document.querySelector(`.steps ${step}`), "::before").borderTopWidth)"""
    )
    [now, other] = (visitor.page.evaluate(width, step) for step in (".now", "li:not(.now, .done)"))
    assert now > 3 * other, "filled"


def test_10_text_grows_with_the_font_size_of_the_browser(visit):
    visitor = visit(viewport={"width": 360, "height": 740})
    visitor.open("/sq/ndihme/")
    size = "parseFloat(getComputedStyle(document.querySelector('main p.lead')).fontSize)"
    normal = visitor.page.evaluate(size)
    visitor.page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    assert visitor.page.evaluate(size) >= 1.8 * normal
