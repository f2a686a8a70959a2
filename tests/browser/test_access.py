"""Accessibility of every public and personal page: axe-core, headings, narrow and zoomed screens (promise 10)."""

import pytest

from campaign.models import Article, Demand, Page
from pledges.counting.models import record_milestones
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Pledge
from tests import views
from tests.browser import axe, press
from tests.campaign.pages.test_inner_pages import page_path
from tests.demands import add_step, days_ago, make_handover
from tests.factories import make_pledge
from tests.mailings import release
from tests.organisations import admit, fill, make_joining
from tests.pages import LANGUAGES, PUBLIC, path_of
from tests.published import show_counties
from tests.tally import put_cells, put_people
from tests.voices import make_voice
from tests.wall import let_a_night_pass

TYPED = {"sq": "femije", "en": "children"}
FOUND_NOWHERE = "qqqq"


def search_path(language, words):
    """The path of a search for these words."""
    return f"{path_of('campaign:search', language)}?q={words}"


def fill_pages():
    """Rows of everything that public pages show."""
    put_people(600, days=400)
    put_cells({("children", "AL-11"): 40})
    for sector in ("parents", "teachers", "artists", "officials", "citizens"):
        make_pledge(f"Arta {sector.title()}", state="confirmed", sector=sector, show_name=True)
    Pledge.objects.all().decide_wall("shown")
    let_a_night_pass()
    show_counties()
    record_milestones()
    fill(12)
    demand = Demand.objects.get(key="register")
    wrong = demand.steps.get(state="adopted")
    add_step(demand, corrects=wrong, state="adopted", date=wrong.date, reason_sq="Gabim.", reason_en="An error.")
    make_handover(demand=demand, handed_on=days_ago(9), registry_number="1")
    return release(audience="demand", demand="register")


def public_paths(language, mailing):
    """The paths of every public page."""
    demand = Demand.objects.get(key="register")
    yield from (path_of(name, language) for name in PUBLIC)
    yield from (search_path(language, words) for words in ("", TYPED[language], FOUND_NOWHERE))
    yield from (page_path(key, language) for key in Page.objects.values_list("key", flat=True))
    for article in Article.objects.all():
        yield path_of("campaign:article", language, getattr(article, f"slug_{language}"))
    yield path_of("pledges:county", language, {"sq": "tirane", "en": "tirana"}[language])
    yield path_of("campaign:demand", language, getattr(demand, f"slug_{language}"))
    yield path_of("pledges:mailing", language, mailing.pk)
    yield f"/{language}/nuk-ka/"


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
    visitor.open(path_of("pledges:end_news", language, links.news_token(confirmed, mailing.pk)))
    yield "end the news"
    press(page.locator("[name=only]"))
    yield "a part of the news ended"
    for purpose in (Purpose.SHARE, Purpose.COMMIT, Purpose.CERTIFICATE, Purpose.WITHDRAW):
        visitor.open(link(purpose, confirmed))
        yield purpose
    joining = make_joining(language=language)
    admit(joining, sq="Jemi me ju.", en="We are with you.")
    visitor.open(links.path(Purpose.ORGANISATION, joining, language))
    yield "the entry of an organisation"
    voice = make_voice("asked")
    visitor.open(links.path(Purpose.VOICE, voice.owner, language))
    yield "a voice whose owner is asked"


def every_page(visitor, language, mailing):
    """Opens one page after the other; yields its path or name."""
    for path in dict.fromkeys(public_paths(language, mailing)):
        visitor.open(path)
        yield path
    yield from personal_pages(visitor, language)


# Overflow: the page is wider than the screen, or text is wider than its box.
OVERFLOWING = """within => {
    const room = document.documentElement.clientWidth, found = [];
    for (const element of document.querySelectorAll(within + " *")) {
        const box = element.getBoundingClientRect();
        if (!element.checkVisibility() || element.closest("svg, .visually-hidden, .skip, .hp, .count, input, select")) continue;
        const style = getComputedStyle(element);
        const spills = style.display !== "inline" && element.scrollWidth > element.clientWidth + 4;
        if (spills || box.right > room + 1 || box.left < -1) found.push(element.outerHTML.slice(0, 100));
    }
    if (document.documentElement.scrollWidth > room) found.push(`${document.documentElement.scrollWidth} px`);
    return found;
}"""

LEVELS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .filter(each => each.checkVisibility()).map(each => Number(each.tagName[1]))"""

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
UNFOLD = "document.querySelectorAll('details').forEach(each => { each.open = !each.closest('header'); })"


def overflowing(page, within="body"):
    """The innermost elements that overflow."""
    return page.evaluate(OVERFLOWING, within)[-4:]


def wrong_headings(page):
    """The levels of the headings if they are wrong: h1 not alone or not first, or a level skipped."""
    levels = page.evaluate(LEVELS)
    steps = zip(levels, levels[1:], strict=False)
    in_order = levels[:1] == [1] and levels.count(1) == 1 and all(after <= before + 1 for before, after in steps)
    return [] if in_order else levels


def layout_faults(page):
    """{what: elements} that is wrong with the layout on a phone. 320 pixels are also 1280 at 400 % zoom."""
    page.set_viewport_size({"width": 320, "height": 640})
    found = {"too wide": overflowing(page), "headings": wrong_headings(page), "broken": page.evaluate(BROKEN_WORDS)}
    page.set_viewport_size({"width": 360, "height": 740})
    found["too low"] = page.evaluate(TOO_LOW)[:3]
    return {what: elements for what, elements in found.items() if elements}


@pytest.mark.drill
@pytest.mark.parametrize("language", LANGUAGES)
def test_10_no_page_fails_axe_nor_scrolls_sideways_at_320_pixels_nor_has_small_targets(visit, language):
    """Colours and structure are those of both languages: axe looks at Albanian pages, unless it is a drill."""
    mailing = fill_pages()
    visitor, found = visit(width=360), {}
    page = visitor.page
    for number, name in enumerate(every_page(visitor, language, mailing)):
        # The page after a form may go on to its address without the link.
        page.wait_for_load_state()
        faults = layout_faults(page)
        if language in axe.LANGUAGES:
            if name in (path_of("pledges:totals", language), path_of("pledges:method", language)):
                page.evaluate(UNFOLD)
            faults |= axe.faults_in(page, number)
        if faults:
            found[name] = faults
    assert found == {}
    assert number > len(PUBLIC) + 40


@pytest.mark.drill(only=True)
def test_10_axe_finds_nothing_on_anything_that_bin_look_shows(visit, live_server):
    visitor, found, names = visit(), {}, []
    for view in views.every(live_server.url):
        names.append((view.name, view.language))
        # axe is a script.
        if view.check != "without-script":
            views.open_view(visitor.page, view)
            found |= {(view.name, view.language, *where): each for where, each in axe.faults_in(visitor.page).items()}
    assert found == {}
    assert len(set(names)) == len(names) > 100


def test_high_contrast_modes_keep_the_mark_of_the_footer_and_the_step_of_a_demand(visit):
    """They replace colours and drop backgrounds and shadows; borders and outlines stay."""
    page = visit(forced_colors="active").page
    page.goto("/sq/")
    fill, text = page.evaluate(
        """() => [getComputedStyle(document.querySelector(".foot .mark circle:not(.you)")).fill,
                  getComputedStyle(document.querySelector(".foot .small")).color]"""
    )
    assert fill == text
    width = (
        """step => parseFloat(getComputedStyle(document.querySelector(`.steps ${step}`), "::before").borderTopWidth)"""
    )
    [now, other] = (page.evaluate(width, step) for step in (".now", "li:not(.now, .done)"))
    assert now > 3 * other, "filled"


def test_10_text_grows_with_the_font_size_of_the_browser(visit):
    page = visit(width=360).page
    page.goto("/sq/ndihme/")
    size = "parseFloat(getComputedStyle(document.querySelector('main p.lead')).fontSize)"
    normal, double = page.evaluate(size), "document.documentElement.style.setProperty('font-size', '200%')"
    page.evaluate(double)
    assert page.evaluate(size) >= 1.8 * normal
    for path in ("/sq/zotimi/", "/sq/organizata/", "/sq/sa-jemi/tirane/"):
        page.goto(path), page.evaluate(double)
        assert page.evaluate(BROKEN_WORDS) == overflowing(page) == [], path
