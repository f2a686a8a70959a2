"""Content pages in a browser: narrow screens, 400 % zoom, keyboard, without JavaScript, print."""

import re

import pytest
from playwright.sync_api import expect

from campaign.models import Article, Demand, DemandStep, HelpChannel, Organisation, Page, Statistic, Voice
from pledges.models import Commitment, PaperSheet, Sector
from tests.browser import press
from tests.browser.axe import ALL_VIEWS, faults_in, in_language_and_views
from tests.browser.test_story import translated
from tests.campaign.pages.test_inner_pages import page_path
from tests.campaign.pages.test_pages import insert_tally
from tests.campaign.pages.test_weight import a_million, fifty_pieces_of_news
from tests.demands import add_step, make_demand
from tests.drafts import hide
from tests.pages import LANGUAGES, as_typed, path_of

PHONE = {"width": 360, "height": 740}
NARROW = {"width": 320, "height": 640}
# 1280 × 1024 pixels at 400 % zoom.
ENLARGED = {"width": 320, "height": 256}
# (width, colour scheme, all rules)
OPPOSITE_VIEWS = [(360, "dark", None), (1280, "light", None)]

TYPED = {"sq": "femije", "en": "children"}
# A word without spaces, so that columns can be filled to their full length.
WORD = "bashkëpunëtor" * 7
TITLE = f"{WORD} dhe fjalë të tjera, me radhë"


def article_path(article, language):
    """The path of an article."""
    return path_of("campaign:article", language, getattr(article, f"slug_{language}"))


def search_path(language, words):
    """The path of a search for these words."""
    return f"{path_of('campaign:search', language)}?q={words}"


def written_paths(language):
    """The paths of all published pages and articles."""
    pages = [page_path(key, language) for key in Page.objects.values_list("key", flat=True)]
    return pages + [article_path(article, language) for article in Article.objects.all()]


def every_path(language):
    """The paths of every public page with editable content, and of searches."""
    return [
        *(path_of(name, language) for name in ("campaign:home", "campaign:help", "campaign:news")),
        *(search_path(language, words) for words in ("", TYPED[language], "asgjëkëtu")),
        path_of("pledges:totals", language),
        f"/{language}/nuk-ka/",
        *written_paths(language),
    ]


def both(**values):
    """Values for the columns of both languages."""
    return {f"{name}_{language}": value for name, value in values.items() for language in LANGUAGES}


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


def overflowing(page, within="body"):
    """The innermost elements that overflow."""
    return page.evaluate(OVERFLOWING, within)[-4:]


def wrong_headings(page):
    """The levels of the headings if they are wrong: h1 not alone or not first, or a level skipped."""
    levels = page.evaluate(LEVELS)
    steps = zip(levels, levels[1:], strict=False)
    in_order = levels[:1] == [1] and levels.count(1) == 1 and all(after <= before + 1 for before, after in steps)
    return [] if in_order else levels


IS_TAPPABLE = """element => {
    const box = element.getBoundingClientRect();
    const there = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return box.width >= 24 && box.height >= 24 && box.left >= 0 && box.right <= document.documentElement.clientWidth
        && box.top >= 0 && box.bottom <= innerHeight && element.contains(there);
}"""


def is_tappable(page, selector):
    """Whether the element is fully on screen, at least 24 px wide and high, and its centre is not covered."""
    return page.locator(selector).evaluate(IS_TAPPABLE)


@in_language_and_views
def test_10_axe_finds_nothing_on_any_page_that_staff_wrote(visit, language, views):
    """One sector page and one search in every view; of the others, which share two templates, each in one language."""
    insert_tally(parents=4, teachers=2, youth=1)
    visitor = visit(viewport=PHONE)
    thoroughly = [page_path("sector-teachers", language), search_path(language, TYPED[language])]
    searches = [search_path(language, words) for words in ("", "asgjëkëtu")]
    others = [path for path in [*searches, *written_paths(language)] if path not in thoroughly]
    assert len(others) > 25
    if views is not ALL_VIEWS:
        others = others[LANGUAGES.index(language) :: len(LANGUAGES)]
    checked = dict.fromkeys(thoroughly, views)
    checked |= {path: [OPPOSITE_VIEWS[number % 2]] for number, path in enumerate(others)}
    found = {}
    for path in checked:
        visitor.open(path)
        assert f"?q={TYPED[language]}" not in path or visitor.page.locator("mark").count()
        found |= {(path, *where): nodes for where, nodes in faults_in(visitor.page, checked[path]).items()}
    assert found == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_10_every_page_fits_320_pixels_and_has_headings_in_order(visit, language):
    insert_tally(parents=7)
    visitor = visit(viewport=NARROW)
    paths = every_path(language)
    too_wide, out_of_order = {}, {}
    for path in paths:
        visitor.open(path)
        too_wide[path] = overflowing(visitor.page)
        out_of_order[path] = wrong_headings(visitor.page)
    assert {path: found for path, found in too_wide.items() if found} == {}
    assert {path: levels for path, levels in out_of_order.items() if levels} == {}
    assert len(paths) > 30


def fill_every_column():
    """One row of each content model, with titles and words as long as their columns allow."""
    text = (
        f"<h2>{TITLE}</h2><p>{WORD} <a href='/sq/'>{WORD}</a></p><h3>{WORD}</h3><ul><li>{WORD}</li></ul>"
        f"<ol><li><strong>{WORD}</strong></li></ol><blockquote>{WORD}</blockquote><dl><dt>{WORD}</dt><dd>{WORD}</dd></dl>"
    )
    written = both(title=TITLE, lead=f"{WORD} {WORD}", body=text)
    Page.objects.create(key="long", slug_sq="gjate", slug_en="long", menu_position=9, source=WORD, **written)
    Article.objects.create(slug_sq="gjate", slug_en="long", date="2026-01-01", source=WORD, **written)
    Page.objects.filter(key__in=("child", "history", "sector-parents")).update(**written)
    make_demand(
        ("asked", 9),
        *(("in_review", 5),) * 2,
        key="long",
        institution=WORD,
        slug_sq="gjate",
        slug_en="long",
        **both(title=TITLE, text=WORD),
    )
    row = DemandStep.objects.first()
    add_step(row.demand, corrects=row, state="in_review", source_title=WORD, **both(sentence=WORD, reason=WORD))
    Voice.objects.all().delete()
    Voice.objects.create(
        key="long", person=WORD[:80], date="2026-01-01", source=WORD, is_paraphrased=True, **both(text=WORD, role=WORD)
    )
    Organisation.objects.create(key="long", url=f"https://shembull.al/{WORD}", **both(name=TITLE, text=WORD))
    Statistic.objects.update(on_home=False)
    Statistic.objects.create(
        key="long", year=2026, on_home=True, url=f"https://shembull.al/{WORD}",
        **both(value=WORD[:20], text=WORD, source=WORD),
    )  # fmt: skip
    long = both(name=TITLE, text=WORD, hours=WORD[:60])
    HelpChannel.objects.create(key="long-site", url=f"https://shembull.al/{WORD}", from_abroad=True, **long)
    HelpChannel.objects.create(key="long-line", tel="1" * 20, number="1" * 30, **long)
    Sector.objects.filter(slug="parents").update(**both(name=WORD[:60], hint=WORD))
    Commitment.objects.filter(sector__slug="parents").update(**both(text=WORD))


def test_10_no_page_overflows_with_the_longest_words(visit):
    assert len(WORD) >= 90 and len(TITLE) == 120
    language = "sq"
    fill_every_column()
    insert_tally(parents=7)
    visitor = visit(viewport=NARROW)
    paths = [
        *(path_of(name, language) for name in ("campaign:home", "campaign:help", "campaign:news", "pledges:totals")),
        *(page_path(key, language) for key in ("long", "child", "sector-parents", "demands", "problem", "partners")),
        path_of("campaign:demand", language, "gjate"),
        article_path(Article.objects.first(), language),
        search_path(language, "x" * 100),
        path_of("pledges:sign", language),
        search_path(language, WORD),
    ]
    too_wide = {}
    for path in paths:
        for width in (320, 1024):
            visitor.page.set_viewport_size(NARROW | {"width": width})
            visitor.open(path)
            too_wide[path, width] = overflowing(visitor.page)
    expect(visitor.page.locator("mark").first).to_be_visible()
    # The menu holds a title of this length too.
    visitor.page.set_viewport_size(NARROW)
    visitor.page.locator(".menu summary").click()
    too_wide["menu"] = overflowing(visitor.page)
    assert {path: found for path, found in too_wide.items() if found} == {}
    expect(visitor.page.get_by_role("link", name=TITLE).first).to_be_visible()


def test_22_the_quick_exit_stays_visible_beside_the_longest_numbers(visit):
    strip = HelpChannel.objects.filter(in_strip=True)
    strip.update(number="+355 4 222 33 44 shtesa 5566", **both(short="telefonidheshkrimi12"))
    visitor = visit(viewport=NARROW)
    for path in ("/sq/", "/en/help/"):
        visitor.open(path)
        for width, height in ((320, 640), (320, 256), (1280, 740)):
            visitor.page.set_viewport_size({"width": width, "height": height})
            assert overflowing(visitor.page, "main") == []
            assert is_tappable(visitor.page, ".help-strip [data-exit]")


# Links of the footer that are too low for a finger.
LOW_TARGETS = """() => [...document.querySelectorAll(".foot li a")]
    .filter(each => each.getClientRects().length && each.getBoundingClientRect().height < 44).map(each => each.textContent)"""
# What the help strip does not show in full, or too small to read.
CUT_OFF = """() => {
    const strip = document.querySelector(".help-strip"), list = strip.querySelector("ul");
    return [...strip.querySelectorAll("a")].filter(each => {
        const box = each.getBoundingClientRect();
        const isSmall = parseFloat(getComputedStyle(each).fontSize) < 12;
        const isCut = box.left < 0 || box.right > innerWidth || list.scrollWidth > list.clientWidth;
        return isSmall || isCut || box.width < 40 || box.height < 44;
    }).map(each => each.textContent);
}"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_22_a_phone_shows_all_of_the_strip_and_a_low_footer(visit, language):
    visitor = visit(viewport=NARROW)
    page = visitor.page
    visitor.open(page_path("child", language))
    # The buttons are above the strip; the drawing of the page has them higher.
    for width, buttons_end in ((320, 580), (360, 558), (412, 580)):
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate(CUT_OFF) == []
        assert page.locator(".help-strip").bounding_box()["height"] == 60
        assert page.locator(".foot").bounding_box()["height"] <= 480
        assert page.evaluate(LOW_TARGETS) == []
        call, chat = page.locator(".near .btn").all()
        for button in (call, chat):
            box = button.bounding_box()
            assert box["y"] + box["height"] <= buttons_end


WIDTHS = (320, 360, 768, 1024, 1280, 1440)


def layout_faults(page, *others):
    """Elements that overflow at any width, and wrong heading levels."""
    found = wrong_headings(page)
    for width in WIDTHS:
        page.set_viewport_size(NARROW | {"width": width})
        for look in (overflowing, *others):
            found += look(page)
    return found


# A long number may overlap the flag of the drawn 1, but not its stem, which begins at 148 of its 300 units.
NUMBER_ON_STEM = """() => {
    const one = document.querySelector(".hero .one").getBoundingClientRect(), range = document.createRange();
    range.selectNodeContents(document.querySelector(".count"));
    const end = Math.max(...[...range.getClientRects()].map(box => box.right));
    return end < one.left + one.width * 148 / 300 ? [] : [`the number ends at ${end}`];
}"""


def number_on_stem(page):
    """["the number ends at …"] if the number on the home page overlaps the stem of the drawn 1."""
    return page.evaluate(NUMBER_ON_STEM)


@pytest.mark.parametrize("language", LANGUAGES)
def test_home_and_totals_fit_with_no_seven_and_a_million_pledges(visit, language):
    visitor = visit(viewport=NARROW)

    def shows(number):
        visitor.open(path_of("pledges:totals", language))
        assert layout_faults(visitor.page) == []
        visitor.open(path_of("campaign:home", language))
        assert layout_faults(visitor.page, number_on_stem) == []
        words = visitor.page.locator(".count").inner_text()
        assert (re.sub(r"\D", "", words.splitlines()[0]) or None) == number

    shows(None)
    insert_tally(parents=4, teachers=3)
    shows("7")
    PaperSheet.objects.all().delete()
    a_million()
    shows("1000000")
    # The widest number of seven digits.
    PaperSheet.objects.all().delete()
    insert_tally(parents=2_000_000)
    shows("2000000")


def test_news_fit_with_one_article_and_with_fifty(visit):
    visitor = visit(viewport=NARROW)

    def shows(number):
        visitor.open("/sq/lajme/")
        assert layout_faults(visitor.page) == []
        assert visitor.page.locator("main .news li").count() == number

    Article.objects.exclude(pk=Article.objects.first().pk).delete()
    shows(1)
    fifty_pieces_of_news()
    shows(10)
    visited = 1
    while (older := visitor.page.get_by_role("link", name=translated("sq", "Older"), exact=True)).count():
        press(older)
        assert overflowing(visitor.page) == []
        visited += 1
    assert visited == 6, "51 articles on six pages"


def test_home_fits_without_statistics_and_demands(visit):
    hide(Demand)
    Statistic.objects.all().delete()
    visitor = visit(viewport=NARROW)
    for language in LANGUAGES:
        visitor.open(path_of("campaign:home", language))
        assert layout_faults(visitor.page) == []
        # No heading without content below it: promises, groups, the last line.
        assert visitor.page.locator("main h2").count() == 3


# The focused element, whether its outline shows, and whether the sticky strip or an edge of the screen covers part of it.
FOCUS = """() => {
    const element = document.activeElement;
    if (element === document.body) return null;
    const strip = document.querySelector(".help-strip"), style = getComputedStyle(element);
    const bar = strip.getBoundingClientRect(), free = element.closest(".help-strip, .skip"), onTop = bar.top < 1;
    const roof = onTop && !free ? bar.bottom : 0, foot = onTop || free ? innerHeight : bar.top;
    const boxes = [...element.getClientRects()].filter(box => box.width);
    const clear = boxes.length && boxes.every(box =>
        box.left >= 0 && box.right <= innerWidth && box.top > roof - 1 && box.bottom < foot + 1
        && element.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)));
    return {
        what: element.getAttribute("href") || element.id || element.textContent.trim(),
        inMain: Boolean(element.closest("main")),
        clear: Boolean(clear),
        outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    };
}"""
FOCUSABLE = """() => [...document.querySelectorAll("a[href], button, input, summary")]
    .filter(each => each.checkVisibility() && each.tabIndex >= 0).length"""


def tab_through(page, key="Tab"):
    """Every focused element in order, until the focus leaves the page; asserts that each has an outline and is not covered."""
    passed = []
    while True:
        page.keyboard.press(key)
        focus = page.evaluate(FOCUS)
        if focus is None:
            return passed
        assert focus["clear"] and focus["outlined"], focus
        passed.append(focus)
        assert len(passed) < 200


def tab_to(page, what):
    """Press Tab until the element with this address or id has the focus."""
    for _ in range(200):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        assert focus and focus["clear"] and focus["outlined"], focus
        if focus["what"] == what:
            return
    raise AssertionError(f"{what} does not get the focus")


def test_10_home_and_help_can_be_used_by_keyboard_alone(visit):
    insert_tally(parents=7)
    visitor = visit(viewport=PHONE)
    page = visitor.page
    visitor.open("/sq/")
    passed = tab_through(page)
    assert [each["what"] for each in passed[:3]] == ["#content", "/sq/ndihme/", "tel:116111"]
    assert len(passed) == page.evaluate(FOCUSABLE) >= 25, "every control once"
    visitor.open("/sq/")
    tab_to(page, "/sq/ndihme/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sq/ndihme/")
    passed = tab_through(page)
    assert len(passed) == page.evaluate(FOCUSABLE)
    in_main = [each["what"] for each in passed if each["inMain"]]
    assert [what for what in in_main if what.startswith("tel:")][:3] == ["tel:116111", "tel:129", "tel:112"]


@pytest.mark.parametrize("viewport", [PHONE, ENLARGED, {"width": 1280, "height": 600}])
def test_10_the_strip_never_covers_the_focus_when_tabbing_backwards(visit, viewport):
    visitor = visit(viewport=viewport)
    visitor.open("/en/")
    visitor.page.locator(".foot a").last.focus()
    assert len(tab_through(visitor.page, "Shift+Tab")) >= 25


def test_10_the_skip_link_leads_to_the_content(visit):
    visitor = visit(viewport=PHONE)
    visitor.open("/en/demands/")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate(FOCUS)["inMain"]


def test_10_the_menu_opens_with_enter_and_its_links_work(visit):
    visitor = visit(viewport=PHONE)
    page = visitor.page
    visitor.open("/en/")
    links = page.locator(".menu li a")
    expect(links.first).to_be_hidden()
    tab_to(page, translated("en", "Menu"))
    page.keyboard.press("Enter")
    addresses = [links.nth(number).get_attribute("href") for number in range(links.count())]
    assert len(addresses) == 10
    for address in addresses:
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        assert focus["what"] == address and focus["clear"] and focus["outlined"]
    page.keyboard.press("Enter")
    page.wait_for_url("**" + addresses[-1])
    for address in addresses:
        visitor.open("/en/")
        page.locator(".menu summary").focus()
        page.keyboard.press("Enter")
        page.locator(f".menu a[href='{address}']").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**" + address)
        assert page.locator(".menu a[aria-current=page]").count() <= 1


def test_10_a_search_is_sent_with_enter_and_its_words_are_not_in_the_address(visit):
    visitor = visit(viewport=PHONE)
    page = visitor.page
    for start in ("/sq/kerkoni/", "/sq/nuk-ka/"):
        visitor.open(start)
        tab_to(page, "q")
        page.keyboard.type("tirane")
        page.keyboard.press("Enter")
        page.locator("mark").first.wait_for()
        assert page.url.endswith("/sq/kerkoni/")
        assert page.locator("#q").input_value() == "tirane"
        assert "Tiranë" in page.locator("mark").all_inner_texts()
    tab_to(page, page.locator("main .news a").first.get_attribute("href"))
    page.keyboard.press("Enter")
    page.locator("#q").wait_for(state="detached")


WORDS = "document.querySelector('main').innerText.split(/\\s+/).filter(Boolean)"
LINKS = """() => [...new Set([...document.querySelectorAll("a[href]")].map(each => each.getAttribute("href")))]"""


def test_10_nothing_is_lost_at_400_percent_zoom(visit):
    insert_tally(parents=7)
    visitor = visit()
    page = visitor.page
    for path in ("/sq/", "/en/", "/sq/ndihme/", "/en/help/", "/sq/mesues/", "/en/teachers/"):
        page.set_viewport_size({"width": 1280, "height": 1024})
        visitor.open(path)
        words = page.evaluate(WORDS)
        assert len(words) > 150
        page.set_viewport_size(ENLARGED)
        assert page.evaluate(WORDS) == words
        assert overflowing(page) == []
        strip = page.locator(".help-strip").bounding_box()["height"]
        # At least 44 px, the minimum size of a touch target.
        assert strip <= max(0.15 * ENLARGED["height"], 44)
        page.locator(".menu summary").click()
        for link in page.locator(".menu li a").all():
            link.scroll_into_view_if_needed()
            expect(link).to_be_visible()
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        assert is_tappable(page, ".help-strip [data-exit]")
        assert is_tappable(page, ".foot li:last-child a >> nth=-1"), "the strip covers the last link"


def test_10_menu_search_and_the_other_language_need_no_javascript(visit):
    visitor = visit(viewport=PHONE, java_script_enabled=False)
    page = visitor.page
    visitor.open("/sq/")
    page.locator(".menu summary").click()
    press(page.locator(".menu a[href='/sq/kerkesat/']"))
    assert page.url.endswith("/sq/kerkesat/")
    press(page.locator(".lang"))
    assert page.url.endswith("/en/demands/") and page.locator("html").get_attribute("lang") == "en"
    press(page.locator(".lang"))
    assert page.url.endswith("/sq/kerkesat/") and page.locator("html").get_attribute("lang") == "sq"
    page.locator(".menu summary").click()
    press(page.locator(".menu a[href='/sq/kerkoni/']"))
    page.locator("#q").fill("TIRANE")
    press(page.locator("main .btn"))
    expect(page.locator("mark").first).to_be_visible()
    press(page.locator("main .news a").first)
    assert not page.url.endswith("/sq/kerkoni/") and page.locator("h1").is_visible()


def test_printed_help_has_the_numbers_and_no_controls(visit):
    visitor = visit(viewport={"width": 794, "height": 1123})
    visitor.open(path_of("campaign:help", "sq"))
    page = visitor.page
    page.emulate_media(media="print")
    for hidden in (".help-strip", "nav", ".menu", ".lang", "button", ".btn", "form", "summary", ".skip", ".foot"):
        for each in page.locator(hidden).all():
            expect(each, hidden).to_be_hidden()
    numbers = page.locator("main .calls b").all()
    assert [as_typed(number.inner_text()) for number in numbers] == ["116 111", "129", "112"]
    assert all(number.is_visible() for number in numbers)
    expect(page.locator("main").get_by_text("isigurt.al").first).to_be_visible()
