"""The counter that others show in a frame."""

from pledges.models import PaperSheet
from tests.factories import make_pledge
from tests.tally import put_cells


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
