"""The pages of a group and of a county: the button is in the first view, text is folded and printed open, axe finds nothing."""

import pytest

from tests.browser.axe import faults_in
from tests.browser.test_access import TOO_WIDE
from tests.published import show_counties
from tests.tally import put_cells

# A long and a short name of each kind.
PATHS = ["/sq/prinder/", "/sq/zyrtare-publike/", "/en/young-people/", "/sq/sa-jemi/shkoder/", "/en/totals/gjirokaster/"]
# (width, height, where the button must end)
SCREENS = [(360, 640, 418), (1280, 800, 604)]


@pytest.fixture
def many_people():
    put_cells({("parents", "AL-10"): 765, ("officials", "AL-05"): 187, ("youth", ""): 290})
    show_counties({"AL-10": 765, "AL-05": 185})


@pytest.mark.parametrize("path", PATHS)
def test_the_button_is_in_the_first_view(visit, many_people, path):
    visitor = visit()
    visitor.open(path)
    for width, height, limit in SCREENS:
        visitor.page.set_viewport_size({"width": width, "height": height})
        box = visitor.page.locator(".part .btn").bounding_box()
        assert box["y"] + box["height"] <= limit, (width, box)
        [name, drawing] = (visitor.page.locator(f".part {each}").bounding_box() for each in ("h1", ".one"))
        assert name["x"] + name["width"] <= drawing["x"], "the name is beside the 1"


@pytest.mark.parametrize(("path", "scheme"), [("/sq/mesues/", "light"), ("/en/totals/tirana/", "dark")])
def test_axe_finds_nothing_on_a_page_of_a_group_and_of_a_county(visit, many_people, path, scheme):
    visitor = visit(viewport={"width": 360, "height": 740})
    visitor.open(path)
    assert faults_in(visitor.page, [(360, scheme, None), (1280, scheme, None)]) == {}
    visitor.page.set_viewport_size({"width": 320, "height": 640})
    assert visitor.page.evaluate(TOO_WIDE) == []


def test_folded_text_opens_without_javascript_and_is_printed_open(visit, many_people):
    visitor = visit(java_script_enabled=False)
    visitor.open("/en/parents/")
    folds = visitor.page.locator(".folds details")
    text = folds.nth(1).locator("p").first
    assert not text.is_visible()
    folds.nth(1).locator("summary").click()
    assert text.is_visible()
    folds.nth(1).locator("summary").click()
    visitor.page.emulate_media(media="print")
    assert text.is_visible() and text.bounding_box()["height"] > 10
