"""Cards and pictures to post: their sizes, text that fits, no name and no visitor's input."""

import io

import pytest
from PIL import Image, ImageColor

from pledges.figures import cards, colors, fonts
from pledges.models import Sector
from tests.colors import contrast
from tests.factories import make_pledge
from tests.tally import put_cells

pytestmark = pytest.mark.django_db

SIZES = {"card": (1200, 630), "square": (1080, 1080), "story": (1080, 1920)}
GROUND = (0xFF, 0xE3, 0xC4)
WORDS = [
    "Unë u zotova.",
    "Unë u zotova për fëmijët që edukoj.",
    "„Ç’është e drejtë, është e drejtë për çdo fëmijë”, tha ajo",
    "fjalë " * 60,
    "përkrahësveprimtarisësonëpërfëmijët" * 6,
    "",
]


def drawn(layout, words):
    return Image.open(io.BytesIO(cards.draw(layout, words, "#NEJEMI1"))).convert("RGB")


def box_of_ink(picture, part):
    """The bounding box of pixels as dark as ink in a part (left, top, right, bottom) of a picture, or None."""
    return picture.crop(part).convert("L").point(lambda value: 255 * (value < 90)).getbbox()


@pytest.mark.parametrize("layout", SIZES)
@pytest.mark.parametrize("words", WORDS)
def test_the_text_is_complete_and_does_not_touch_the_mosaic(layout, words):
    picture = drawn(layout, words)
    assert picture.size == SIZES[layout] and picture.getpixel((5, 5)) == GROUND
    left, top, right, bottom = cards.LAYOUTS[layout].text
    width, height = picture.size
    # The space around the text, up to the mosaic or the edge, is free of ink.
    for around in [(0, 0, left - 6, height), (0, 0, width, min(top, 63) - 6), (right + 6, top, right + 20, top + 40)]:
        assert box_of_ink(picture, around) is None, around
    assert (box_of_ink(picture, (left, top, right, bottom)) is not None) == bool(words.strip())


def test_text_too_long_for_the_smallest_size_ends_with_an_ellipsis():
    size, lines = fonts.fitted_lines("fjalë " * 300, 92, 36, 800, 748, 414)
    assert lines[-1].endswith("…") and size == 36
    assert fonts.height(lines, size) <= 414
    assert max(fonts.font(size, 800).getlength(line) for line in lines) <= 748


def test_text_and_dots_have_enough_contrast_with_the_ground(client):
    put_cells({("parents", "AL-11"): 50, ("artists", "AL-01"): 20})
    card = Image.open(io.BytesIO(client.get("/pictures/sq/totals.png").content)).convert("RGB")
    for picture in (drawn("square", "Unë u zotova."), card):
        width, height = picture.size
        # The most frequent colours of the text, without those of its edges.
        words = picture.crop((0, 0, width // 2, height)).getcolors(100_000)
        flat = [color for count, color in sorted(words, reverse=True)[1:3] if count > 300]
        assert flat and min(contrast(color, GROUND) for color in flat) >= 4.5
    assert min(contrast(ImageColor.getrgb(color), GROUND) for color in colors.SECTORS) >= 3


@pytest.mark.parametrize("language", ["sq", "en"])
def test_each_sector_has_a_picture_with_its_text_in_both_layouts_and_languages(client, language):
    seen = set()
    for slug in ["1", *Sector.objects.values_list("slug", flat=True)]:
        for layout in ("square", "story"):
            response = client.get(f"/pictures/{language}/{layout}/{slug}.png")
            assert response.headers["Content-Type"] == "image/png"
            assert Image.open(io.BytesIO(response.content)).size == SIZES[layout]
            seen.add(response.content)
    assert len(seen) == 18


def test_a_sector_without_a_text_has_the_neutral_one(client):
    Sector.objects.filter(slug="artists").update(pledged_sq="")
    neutral = client.get("/pictures/sq/square/1.png").content
    assert client.get("/pictures/sq/square/artists.png").content == neutral


@pytest.mark.parametrize(
    "path",
    [
        "/pictures/sq/square/unknown.png", "/pictures/sq/huge/parents.png", "/pictures/de/square/parents.png",
        "/pictures/sq/square/Arta%20Kola.png", "/pictures/sq/square/%3Cb%3E.png", "/pictures/sq/story/" + "x" * 60 + ".png",
    ],
)  # fmt: skip
def test_an_unknown_address_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_a_visitor_s_input_is_never_drawn(client):
    plain = client.get("/pictures/sq/square/parents.png").content
    assert client.get("/pictures/sq/square/parents.png?words=Arta&name=Arta").content == plain


# The card of the total


def the_card(people, language, client):
    put_cells({("parents", "AL-11"): people} if people else {})
    response = client.get(f"/pictures/{language}/totals.png")
    return Image.open(io.BytesIO(response.content)).convert("RGB")


@pytest.mark.parametrize("people", [0, 1, 999, 1_234_567, 999_999_999])
@pytest.mark.parametrize("language", ["sq", "en"])
def test_the_card_of_the_total_is_complete_at_any_number(client, language, people):
    picture = the_card(people, language, client)
    assert picture.size == SIZES["card"] and picture.getpixel((5, 5)) == GROUND
    left, top, right, bottom = cards.LAYOUTS["card"].text
    # Number, text and date are there; none of them reaches beyond its box or into the brand's line.
    assert box_of_ink(picture, (left, top, right, bottom)) is not None
    for around in [
        (0, 0, left - 6, 630),
        (0, 0, 830, 60),
        (right + 6, top, right + 20, 630),
        (0, bottom, 850, bottom + 8),
    ]:
        assert box_of_ink(picture, around) is None, around


def test_the_card_is_cached_until_its_figures_change(client):
    put_cells({("parents", "AL-11"): 41})
    cards.draw_total.cache_clear()
    first = client.get("/pictures/en/totals.png").content
    assert client.get("/pictures/en/totals.png").content == first
    assert cards.draw_total.cache_info().misses == 1
    make_pledge(state="confirmed")
    assert client.get("/pictures/en/totals.png").content != first
    assert cards.draw_total.cache_info().maxsize <= 20


def test_the_card_shows_the_dots_of_each_sector_and_the_free_places(client):
    picture = the_card(50, "en", client)
    found = {color for _, color in picture.getcolors(100_000)}

    def has(color):
        return any(sum(abs(a - b) for a, b in zip(color, each, strict=True)) < 24 for each in found)

    assert has((0x3F, 0x3C, 0xCB)) and has((0xF8, 0xD1, 0xA3))
    assert not has((0x93, 0x32, 0x7A)), "no people of that sector"
