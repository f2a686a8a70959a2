"""Content pages in a browser: narrow screens, 400 % zoom, keyboard, without JavaScript, print."""

import re

import pytest
from playwright.sync_api import expect

from campaign.models import Article, Demand, DemandStep, HelpChannel, Organisation, Page, Statistic, Voice
from pledges.models import Commitment, PaperSheet, Sector
from tests.browser import press
from tests.browser.test_access import overflowing, search_path, wrong_headings
from tests.browser.test_story import translated
from tests.campaign.pages.test_inner_pages import page_path
from tests.campaign.pages.test_pages import insert_tally
from tests.campaign.pages.test_weight import fifty_pieces_of_news
from tests.demands import add_step, make_demand
from tests.drafts import hide
from tests.organisations import PAGE, fill
from tests.pages import LANGUAGES, as_typed, path_of
from tests.published import show_counties
from tests.tally import put_cells

# 1280 × 1024 pixels at 400 % zoom.
ENLARGED = {"width": 320, "height": 256}
# A word without spaces, so that columns can be filled to their full length.
WORD = "bashkëpunëtor" * 7
TITLE = f"{WORD} dhe fjalë të tjera, me radhë"


def both(**values):
    """Values for the columns of both languages."""
    return {f"{name}_{language}": value for name, value in values.items() for language in LANGUAGES}


IS_TAPPABLE = """element => {
    const box = element.getBoundingClientRect();
    const there = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return box.width >= 24 && box.height >= 24 && box.left >= 0 && box.right <= document.documentElement.clientWidth
        && box.top >= 0 && box.bottom <= innerHeight && element.contains(there);
}"""


def is_tappable(page, selector):
    """Whether the element is fully on screen, at least 24 px wide and high, and its centre is not covered."""
    return page.locator(selector).evaluate(IS_TAPPABLE)


def fill_every_column():
    """One row of each content model, with titles and words as long as their columns allow."""
    text = (
        f"<h2>{TITLE}</h2><p>{WORD} <a href='/sq/'>{WORD}</a></p><h3>{WORD}</h3><ul><li>{WORD}</li></ul>"
        f"<ol><li><strong>{WORD}</strong></li></ol><blockquote>{WORD}</blockquote><dl><dt>{WORD}</dt><dd>{WORD}</dd></dl>"
    )
    slugs = {"slug_sq": "gjate", "slug_en": "long"}
    written = both(title=TITLE, lead=f"{WORD} {WORD}", body=text)
    Page.objects.create(key="long", **slugs, menu_position=9, source=WORD, **written)
    Article.objects.create(**slugs, date="2026-01-01", source=WORD, **written)
    Page.objects.filter(key__in=("child", "history", "sector-parents")).update(**written)
    steps = (("asked", 9), *(("in_review", 5),) * 2)
    make_demand(*steps, key="long", institution=WORD, **slugs, **both(title=TITLE, text=WORD))
    row = DemandStep.objects.first()
    add_step(row.demand, corrects=row, state="in_review", source_title=WORD, **both(sentence=WORD, reason=WORD))
    Voice.objects.all().delete()
    Voice.objects.create(
        key="long", person=WORD[:80], date="2026-01-01", source=WORD, is_paraphrased=True, **both(text=WORD, role=WORD)
    )
    url = f"https://shembull.al/{WORD}"
    Organisation.objects.create(key="long", url=url, **both(name=TITLE, text=WORD))
    Statistic.objects.update(on_home=False)
    words = both(value=WORD[:20], text=WORD, source=WORD)
    Statistic.objects.create(key="long", year=2026, on_home=True, url=url, **words)
    long = both(name=TITLE, text=WORD, hours=WORD[:60])
    HelpChannel.objects.create(key="long-site", url=url, from_abroad=True, **long)
    HelpChannel.objects.create(key="long-line", tel="1" * 20, number="1" * 30, **long)
    Sector.objects.filter(slug="parents").update(**both(name=WORD[:60], hint=WORD))
    Commitment.objects.filter(sector__slug="parents").update(**both(text=WORD))


def test_10_no_page_overflows_with_the_longest_words(visit):
    fill_every_column()
    insert_tally(parents=7)
    page = visit().page
    paths = [
        *(path_of(name, "sq") for name in ("campaign:home", "campaign:help", "campaign:news", "pledges:totals")),
        *(page_path(key, "sq") for key in ("long", "child", "sector-parents", "demands", "problem", "partners")),
        *(path_of(f"campaign:{kind}", "sq", "gjate") for kind in ("demand", "article")),
        path_of("pledges:sign", "sq"),
        search_path("sq", WORD),
    ]
    too_wide = {}
    for path in paths:
        page.goto(path)
        for width in (1024, 320):
            page.set_viewport_size({"width": width, "height": 640})
            too_wide[path, width] = overflowing(page)
    expect(page.locator("mark").first).to_be_visible()
    # The menu holds a title of this length too.
    page.locator(".menu summary").click()
    too_wide["menu"] = overflowing(page)
    assert {path: found for path, found in too_wide.items() if found} == {}
    expect(page.get_by_role("link", name=TITLE).first).to_be_visible()


def test_22_the_quick_exit_stays_visible_beside_the_longest_numbers(visit):
    strip = HelpChannel.objects.filter(in_strip=True)
    strip.update(number="+355 4 222 33 44 shtesa 5566", **both(short="telefonidheshkrimi12"))
    page = visit().page
    page.goto("/sq/")
    for width, height in ((320, 640), (320, 256), (1280, 740)):
        page.set_viewport_size({"width": width, "height": height})
        assert overflowing(page, "main") == []
        assert is_tappable(page, ".help-strip [data-exit]")


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


def test_22_a_phone_shows_all_of_the_strip_and_a_low_footer(visit):
    page = visit().page
    for language in LANGUAGES:
        page.goto(page_path("child", language))
        # The buttons are above the strip; the drawing of the page has them higher.
        for width, buttons_end in ((320, 580), (360, 558), (412, 580)):
            page.set_viewport_size({"width": width, "height": 640})
            assert page.evaluate(CUT_OFF) == []
            assert page.locator(".help-strip").bounding_box()["height"] == 60
            assert page.locator(".foot").bounding_box()["height"] <= 480
            assert page.evaluate(LOW_TARGETS) == []
            for button in page.locator(".near .btn").all():
                box = button.bounding_box()
                assert box["y"] + box["height"] <= buttons_end


# A long number may overlap the flag of the drawn 1, but not its stem, which begins at 148 of its 300 units.
NUMBER_ON_STEM = """() => {
    const number = document.querySelector(".hero .count");
    if (!number) return [];
    const one = document.querySelector(".hero .one").getBoundingClientRect(), range = document.createRange();
    range.selectNodeContents(number);
    const end = Math.max(...[...range.getClientRects()].map(box => box.right));
    return end < one.left + one.width * 148 / 300 ? [] : [`the number ends at ${end}`];
}"""


def check_layout(visitor, path):
    """Open a page: nothing overflows at any width, headings are in order, the number is beside the stem of the drawn 1."""
    page = visitor.page
    visitor.open(path)
    found = wrong_headings(page)
    for width in (320, 360, 768, 1024, 1280, 1440):
        page.set_viewport_size({"width": width, "height": 640})
        found += [*overflowing(page), *page.evaluate(NUMBER_ON_STEM)]
    assert found == [], path


@pytest.mark.parametrize("language", LANGUAGES)
def test_home_and_totals_fit_with_no_seven_and_the_widest_number_of_pledges(visit, language):
    visitor = visit()
    for people in (0, 7, 2_000_000):
        PaperSheet.objects.all().delete()
        if people:
            insert_tally(parents=people)
        check_layout(visitor, path_of("pledges:totals", language))
        check_layout(visitor, path_of("campaign:home", language))
        words = visitor.page.locator(".count").inner_text()
        assert (re.sub(r"\D", "", words.splitlines()[0]) or "0") == str(people)


def test_news_fit_with_one_article_and_with_fifty(visit):
    visitor = visit()
    Article.objects.exclude(pk=Article.objects.first().pk).delete()
    check_layout(visitor, "/sq/lajme/")
    fifty_pieces_of_news()
    check_layout(visitor, "/sq/lajme/")
    assert visitor.page.locator("main .news li").count() == 10


def test_home_fits_without_statistics_and_demands(visit):
    hide(Demand)
    Statistic.objects.all().delete()
    visitor = visit()
    check_layout(visitor, "/sq/")
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
        isSeen: Boolean(clear) && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    };
}"""
FOCUSABLE = """() => [...document.querySelectorAll("a[href], button, input, summary")]
    .filter(each => each.checkVisibility() && each.tabIndex >= 0).length"""


def tab(page, key="Tab"):
    """Move the focus; returns the focused element, which has an outline and is not covered, or None outside the page."""
    page.keyboard.press(key)
    focus = page.evaluate(FOCUS)
    assert focus is None or focus["isSeen"], focus
    return focus


def tab_through(page, key="Tab"):
    """Every focused element in order, until the focus leaves the page."""
    return list(iter(lambda: tab(page, key), None))


def tab_to(page, what):
    """Press Tab until the element with this address or id has the focus."""
    while (focus := tab(page))["what"] != what:
        assert focus


def test_10_home_and_help_can_be_used_by_keyboard_alone(visit):
    insert_tally(parents=7)
    page = visit(width=360).page
    page.goto("/sq/")
    passed = tab_through(page)
    assert [each["what"] for each in passed[:3]] == ["#content", "/sq/ndihme/", "tel:116111"]
    assert len(passed) == page.evaluate(FOCUSABLE) >= 25, "every control once"
    page.goto("/sq/")
    tab_to(page, "/sq/ndihme/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sq/ndihme/")
    passed = tab_through(page)
    assert len(passed) == page.evaluate(FOCUSABLE)
    in_main = [each["what"] for each in passed if each["inMain"]]
    assert [what for what in in_main if what.startswith("tel:")][:3] == ["tel:116111", "tel:129", "tel:112"]
    # The skip link leads to the content.
    page.goto("/sq/")
    tab_to(page, "#content")
    page.keyboard.press("Enter")
    assert tab(page)["inMain"]


def test_10_the_strip_never_covers_the_focus_when_tabbing_backwards(visit):
    page = visit().page
    for viewport in (ENLARGED, {"width": 1280, "height": 600}):
        page.set_viewport_size(viewport)
        page.goto("/en/")
        page.locator(".foot a").last.focus()
        assert len(tab_through(page, "Shift+Tab")) >= 25


def test_10_the_menu_opens_with_enter_and_its_links_work(visit):
    page = visit(width=360).page
    page.goto("/en/")
    links = page.locator(".menu li a")
    expect(links.first).to_be_hidden()
    tab_to(page, translated("en", "Menu"))
    page.keyboard.press("Enter")
    addresses = [link.get_attribute("href") for link in links.all()]
    assert len(addresses) == 10
    assert [tab(page)["what"] for _ in addresses] == addresses
    page.keyboard.press("Enter")
    page.wait_for_url("**" + addresses[-1])
    assert page.locator(".menu a[aria-current=page]").count() <= 1


def test_10_a_search_is_sent_with_enter_and_its_words_are_not_in_the_address(visit):
    page = visit(width=360).page
    page.goto("/sq/nuk-ka/")
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


def test_10_nothing_is_lost_at_400_percent_zoom(visit):
    insert_tally(parents=7)
    page = visit().page
    for path in ("/sq/", "/en/help/", "/sq/mesues/"):
        page.set_viewport_size({"width": 1280, "height": 1024})
        page.goto(path)
        words = page.evaluate(WORDS)
        assert len(words) > 150
        page.set_viewport_size(ENLARGED)
        assert page.evaluate(WORDS) == words
        assert overflowing(page) == []
        # At least 44 px, the minimum size of a touch target.
        assert page.locator(".help-strip").bounding_box()["height"] <= max(0.15 * ENLARGED["height"], 44)
        page.locator(".menu summary").click()
        for link in page.locator(".menu li a").all():
            link.scroll_into_view_if_needed()
            expect(link).to_be_visible()
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        assert is_tappable(page, ".help-strip [data-exit]")
        assert is_tappable(page, ".foot li:last-child a >> nth=-1"), "the strip covers the last link"


def test_10_menu_search_and_the_other_language_need_no_javascript(visit):
    page = visit(width=360, java_script_enabled=False).page
    page.goto("/sq/")
    page.locator(".menu summary").click()
    press(page.locator(".menu a[href='/sq/kerkesat/']"))
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
    page = visit(width=794).page
    page.goto(path_of("campaign:help", "sq"))
    page.emulate_media(media="print")
    for hidden in (".help-strip", "nav", ".menu", ".lang", "button", ".btn", "form", "summary", ".skip", ".foot"):
        for each in page.locator(hidden).all():
            expect(each, hidden).to_be_hidden()
    numbers = page.locator("main .calls b").all()
    assert [as_typed(number.inner_text()) for number in numbers] == ["116 111", "129", "112"]
    assert all(number.is_visible() for number in numbers)
    expect(page.locator("main").get_by_text("isigurt.al").first).to_be_visible()


# A long and a short name of each kind.
PATHS = ["/sq/prinder/", "/sq/zyrtare-publike/", "/en/young-people/", "/sq/sa-jemi/shkoder/", "/en/totals/gjirokaster/"]
# (width, height, where the button must end)
SCREENS = [(360, 640, 418), (1280, 800, 604)]


@pytest.fixture
def many_people():
    put_cells({("parents", "AL-10"): 765, ("officials", "AL-05"): 187, ("youth", ""): 290})
    show_counties({"AL-10": 765, "AL-05": 185})


def test_the_button_is_in_the_first_view(visit, many_people):
    page = visit().page
    for path in PATHS:
        page.goto(path)
        for width, height, limit in SCREENS:
            page.set_viewport_size({"width": width, "height": height})
            box = page.locator(".part .btn").bounding_box()
            assert box["y"] + box["height"] <= limit, (path, width, box)
            [name, drawing] = (page.locator(f".part {each}").bounding_box() for each in ("h1", ".one"))
            assert name["x"] + name["width"] <= drawing["x"], f"{path}: the name is beside the 1"


def test_folded_text_opens_without_javascript_and_is_printed_open(visit, many_people):
    page = visit(java_script_enabled=False).page
    page.goto("/en/parents/")
    folds = page.locator(".folds details")
    text = folds.nth(1).locator("p").first
    assert not text.is_visible()
    folds.nth(1).locator("summary").click()
    assert text.is_visible()
    folds.nth(1).locator("summary").click()
    page.emulate_media(media="print")
    assert text.is_visible() and text.bounding_box()["height"] > 10


def test_the_filter_and_the_form_work_without_script(visit):
    fill(3)
    visitor = visit(java_script_enabled=False)
    visitor.open(PAGE["sq"])
    visitor.page.select_option("#kind", "association")
    visitor.page.click(".sift button")
    # The address changes before the new page is read.
    expect(visitor.page.locator(".marks:not(.first) li")).to_have_count(3)
    assert "kind=association" in visitor.page.url
