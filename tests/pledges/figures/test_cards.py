"""Pictures to share, and figures as PNG: sizes, typeface, where text stands, and that no name or visitor's input is shown."""

import functools
import io
from datetime import UTC, datetime
from itertools import combinations
from types import SimpleNamespace

import pytest
import segno
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.utils import translation
from PIL import Image, ImageColor, ImageDraw, ImageFont

from pledges.figures import cards, fonts
from pledges.figures.cards import Drawing, Line
from pledges.figures.charts import figure
from pledges.figures.mosaic import mosaic
from pledges.figures.rendering import COLORS, png
from pledges.goals.models import round_goal
from pledges.models import Sector
from pledges.starter import load
from tests.pages import LANGUAGES
from tests.published import show_counties
from tests.tally import put_cells

CARD = (1200, 630)
MARGINS = {CARD: 56, (1080, 1080): 80, (1080, 1920): 80}
GROUND = (0xFF, 0xE3, 0xC4)
# What messengers show beside a link: the square in the middle of a wide picture.
CENTRE = (285, 915)
LARGEST_FILE = 300_000
NUMERAL = [(152, 0), (300, 0), (300, 640), (148, 640), (148, 178), (0, 246), (0, 108)]
VOWS = {"sq": ("E dëgjoj.", "E besoj.", "Raportoj."), "en": ("I listen.", "I believe.", "I report.")}
MOVEMENT = {
    "sq": "Lëvizja kombëtare\nkundër dhunës dhe shfrytëzimit\nseksual të fëmijëve",
    "en": "The national movement\nagainst child sexual violence\nand exploitation",
}
HELPLINE = {
    "sq": "ALO, linja kombëtare e fëmijëve\nFalas, ditë e natë.\nNuk është faji yt.",
    "en": "ALO, the national child helpline\nFree, day and night.\nIt is not your fault.",
}
TITLES = [
    "Problemi",
    "Përgjegjësia e institucioneve",
    "„Ç’është e drejtë, është e drejtë për çdo fëmijë”, tha ajo në Gjirokastër",
    "Përfaqësuesit e bashkive dhe të shkollave u takuan më 18 nëntor për mbrojtjen e fëmijëve nga dhuna seksuale",
    "përkrahësveprimtarisësonëpërfëmijët" * 3,
    "fjalë " * 60,
]
# The longest that staff can give a sector.
LONG_WORDS = "Unë u zotova për bashkëpunëtorët e qendrave shëndetësore."
PEOPLE = [0, 1, 999, 40_000, 9_999_999]


@functools.cache
def drawings(language):
    """{what: Drawing} of every kind of picture in a language, with short and long text."""
    own = load("sectors")
    words = [
        "",
        *(sector[f"pledged_{language}"] for sector in own),
        LONG_WORDS,
        "Përfaqësojmë të gjithë",
        "fjalë " * 30,
    ]
    vows, movement = VOWS[language], MOVEMENT[language]
    sectors = [SimpleNamespace(color=f"s{n}") for n in range(1, 9)]
    with translation.override(language):
        made = {"site": cards.site(vows, movement)}
        for title in TITLES:
            made[f"page {title[:30]}"] = cards.page(vows, movement, title)
            made[f"help {title[:30]}"] = cards.call(title, "116 111", HELPLINE[language])
        made["help with a long number"] = cards.call(TITLES[0], "00355 4 2222 116", HELPLINE[language])
        made["help without a number"] = cards.call(TITLES[1], "", "Nuk është faji yt.")
        for people in PEOPLE:
            goal = round_goal(people)
            dots = mosaic([(sector, people // 8 + (n < people % 8)) for n, sector in enumerate(sectors)], goal)
            made[f"total {people}"] = cards.total(vows, movement, goal, dots)
            for county in ("Fier", "Gjirokastër"):
                made[f"county {county} {people}"] = cards.county(vows, movement, goal, county, people)
        for layout in cards.LAYOUTS:
            for each in words:
                made[f"{layout} {each[:30]}"] = cards.posted(layout, vows, each, "s3")
        made["a long vow"] = cards.posted("square", (*vows[:2], "Njoftoj menjëherë ata që e kanë për detyrë."))
        made["a long vow beside a link"] = cards.site(
            ("Njoftoj menjëherë ata që e kanë për detyrë.", *vows[:2]), movement
        )
        made["a long text"] = cards.site(vows, movement.replace("\n", " ") * 3)
    return made


def numeral_in(drawing):
    """A mask of the 1 with its dots."""
    left, top, width, height = drawing.numeral
    mask = Image.new("1", drawing.size)
    points = [(left + x * width / 300, top + y * height / 640) for x, y in NUMERAL]
    ImageDraw.Draw(mask).polygon(points, fill=1)
    return mask


def overlap(one, other):
    """Whether two boxes have more in common than a descender that just meets an ascender."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] - 3 and other[1] < one[3] - 3


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_stays_in_the_picture_and_clear_of_the_1_of_others_and_of_the_code(language):
    for what, drawing in drawings(language).items():
        (width, height), margin, mask = drawing.size, MARGINS[drawing.size], numeral_in(drawing)
        boxes = {line.text: line.box for line in drawing.lines}
        for text, (left, top, right, bottom) in boxes.items():
            # The tail of a "j" and the dots of an "Ë" may hang over the margin.
            assert margin - 16 <= left and right <= width - margin + 1, (what, text)
            assert margin - 16 <= top and bottom <= height - margin + 16, (what, text)
            assert mask.crop((int(left) - 8, int(top), int(right) + 8, int(bottom))).getbbox() is None, (what, text)
        for (one, its_box), (other, other_box) in combinations(boxes.items(), 2):
            assert not overlap(its_box, other_box), (what, one, other)
        if drawing.code:
            left, top, side = drawing.code
            quiet = (left - 32, top - 32, left + side + 32, top + side + 32)
            assert not any(overlap(box, quiet) for box in boxes.values()), what


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_square_crop_of_the_centre_holds_the_message(language):
    for what, drawing in drawings(language).items():
        if drawing.size == CARD:
            left, _, width, _ = drawing.numeral
            assert left + width <= CENTRE[1]
            headline = [line for line in drawing.lines if line.weight == 900 and line.color == COLORS["ink"]]
            foot = [line for line in drawing.lines if line.weight == 500]
            assert headline and foot, what
            assert all(CENTRE[0] <= line.box[0] and line.box[2] <= CENTRE[1] for line in headline + foot), what


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_end_by_meaning(language):
    made = drawings(language)
    for what, drawing in made.items():
        for line in drawing.lines:
            last = line.text.split(" ")[-1].replace("\xa0", " ").split(" ")[-1]
            assert len(last.strip("…:.")) != 1 or line.text in ("1", "7"), (what, line.text)
    neutral, parents = (
        [line.text for line in made[f"square {words}"].lines]
        for words in ("", {"sq": "Unë u zotova si prind.", "en": "I have pledged as a parent."}[language])
    )
    expected = {
        "sq": (["Unë\xa0u\xa0zotova:"], ["Unë\xa0u\xa0zotova", "si\xa0prind:"]),
        "en": (["I\xa0have\xa0pledged:"], ["I\xa0have\xa0pledged", "as\xa0a\xa0parent:"]),
    }[language]
    assert (neutral[:1], parents[:2]) == expected
    assert neutral[1:4] == list(VOWS[language])


def test_the_address_is_the_host_of_the_site(settings):
    settings.SITE_URL = "https://www.nejemi1.al"
    with translation.override("sq"):
        for drawing in (cards.site(VOWS["sq"], MOVEMENT["sq"]), cards.posted("square", VOWS["sq"])):
            texts = [line.text for line in drawing.lines]
            assert "nejemi1.al" in texts and not any("www" in text or "http" in text for text in texts)
        story = cards.posted("story", VOWS["sq"])
    assert story.link == "https://www.nejemi1.al/sq/"


@pytest.mark.slow
def test_text_too_long_for_the_smallest_size_ends_with_an_ellipsis():
    size, lines = fonts.fitted_lines([("fjalë " * 300, 748)], 92, 36, 800, 414)
    assert lines[-1].endswith("…") and size == 36
    assert fonts.height(lines, size) <= 414
    assert max(fonts.font(size, 800).getlength(line) for line in lines) <= 748


def drawn(drawing):
    return Image.open(io.BytesIO(cards.draw(drawing))).convert("RGB")


@pytest.mark.slow
def test_pictures_are_as_small_as_messengers_want_them_and_deterministic():
    made = drawings("sq")
    first = {what: cards.draw(made[what]) for what in ("site", "total 40000", "square ", "story ")}
    assert max(map(len, first.values())) < LARGEST_FILE
    cards.draw.cache_clear()
    drawings.cache_clear()
    assert cards.draw(drawings("sq")["site"]) == first["site"]


@pytest.mark.slow
def test_lines_are_drawn_where_they_are_measured():
    for what in ("site", "story "):
        drawing = drawings("sq")[what]
        picture = drawn(drawing)
        assert picture.size == drawing.size and picture.getpixel((5, 5)) == GROUND
        dark = picture.convert("L").point(lambda value: 255 * (value < 120))
        for line in drawing.lines:
            left, top, right, bottom = (round(edge) for edge in line.box)
            around = (left - 6, top - 6, right + 6, bottom + 6)
            ink = dark.crop(around).getbbox()
            assert ink is not None, line.text
            drawn_box = (around[0] + ink[0], around[1] + ink[1], around[0] + ink[2], around[1] + ink[3])
            assert max(abs(a - b) for a, b in zip(drawn_box, line.box, strict=True)) <= 3, line.text


def test_the_code_of_a_story_leads_to_the_site():
    drawing = drawings("en")["story "]
    picture = drawn(drawing).convert("L")
    matrix = segno.make(drawing.link, error="m", micro=False).matrix
    left, top, side = drawing.code
    module = side / len(matrix)
    for y, row in enumerate(matrix):
        for x, is_dark in enumerate(row):
            middle = picture.getpixel((round(left + (x + 0.5) * module), round(top + (y + 0.5) * module)))
            assert (middle < 90) == bool(is_dark), (x, y)


def test_a_sector_has_its_own_colour_and_others_share_one():
    found = {color for _, color in drawn(drawings("sq")["square Unë u zotova si prind."]).getcolors(100_000)}
    assert {ImageColor.getrgb(color) for color in (COLORS["sectors"][2], COLORS["other"], COLORS["empty"])} <= found
    assert ImageColor.getrgb(COLORS["sectors"][0]) not in found
    with translation.override("sq"):
        neutral = {color for _, color in drawn(cards.posted("square", VOWS["sq"])).getcolors(100_000)}
    assert {ImageColor.getrgb(color) for color in COLORS["sectors"][:8]} <= neutral


@pytest.mark.django_db
def test_a_sector_without_a_text_has_neutral_words_in_its_colour(client):
    Sector.objects.filter(slug="artists").update(pledged_sq="")
    with translation.override("sq"):
        expected = cards.draw(cards.posted("square", VOWS["sq"], "", "s4"))
    assert client.get("/pictures/sq/square/artists.png").content == expected


@pytest.mark.django_db
def test_the_total_shows_the_dots_of_each_sector_and_the_free_places(client):
    put_cells({("parents", "AL-11"): 50})
    picture = Image.open(io.BytesIO(client.get("/pictures/en/totals.png").content)).convert("RGB")
    found = {color for _, color in picture.getcolors(100_000)}
    assert {ImageColor.getrgb(COLORS["sectors"][0]), ImageColor.getrgb(COLORS["empty"])} <= found
    assert ImageColor.getrgb(COLORS["sectors"][3]) not in found, "no people of that sector"


@pytest.mark.django_db
def test_a_county_shows_its_published_figure_and_none_before(client):
    def shown(people):
        with translation.override("sq"):
            return cards.draw(cards.county(VOWS["sq"], MOVEMENT["sq"], 100, "Gjirokastra", people))

    path = "/pictures/sq/county/gjirokaster.png"
    assert client.get(path).content == shown(0)
    put_cells({("parents", "AL-05"): 90})
    assert client.get(path).content == shown(0), "not published yet"
    show_counties({"AL-05": 85})
    assert client.get(path).content == shown(85)


LETTERS = "AaËëÇç Zgjidhni „1” … 1234567890 (30,6%) #NEJEMI1"


def card(text="", size=100, weight=800):
    """A wide card with one line of text and no dots."""
    line = Line(text, 20, 200, size, weight)
    drawing = Drawing(size=(3200, 300), numeral=(0, 0, 30, 64), lines=(line,), paths=(), dot_width="1")
    return Image.open(io.BytesIO(png("card.svg", {"drawing": drawing})))


@pytest.mark.parametrize("weight", [300, 500, 900])
def test_pictures_and_pages_have_the_same_typeface(weight):
    of_pages = ImageFont.truetype(finders.find("fonts/figtree-latin-wght-normal.woff2"), 60)
    of_pages.set_variation_by_axes([weight])
    assert bytes(of_pages.getmask(LETTERS)) == bytes(fonts.font(60, weight).getmask(LETTERS))


@pytest.mark.parametrize("weight", [500, 700, 800, 900])
def test_drawn_text_is_no_wider_than_measured(weight):
    left, _, right, _ = card(LETTERS, weight=weight).convert("L").point(lambda value: 255 * (value < 90)).getbbox()
    assert right - left <= fonts.font(100, weight).getlength(LETTERS) + 2


@pytest.mark.parametrize("name", ["A\x0bB", "]]>", "<b>&amp;", "'\"", "\ud800", "Ж中", ""])
def test_any_name_that_staff_write_can_be_drawn(name):
    sector = SimpleNamespace(slug="x", name=name, color="s1")
    totals = SimpleNamespace(as_of=datetime(2026, 11, 25, tzinfo=UTC), total=3, sectors=[(sector, 3)])
    with translation.override("en"):
        picture = Image.open(io.BytesIO(figure("sectors", totals).as_png()))
    assert picture.size == (1200, 460) and picture.getpixel((450, 216)) != picture.getpixel((5, 5))


def test_markup_in_a_text_is_drawn_as_text():
    drawn = Template("{% load figure_tags %}{% text name room=50 %}").render(Context({"name": "<image/> & more"}))
    assert "&lt;image/&gt; &amp; more" in drawn


def test_positions_have_no_decimal_comma():
    drawn = "{% load figure_tags %}{{ 3|times:1.5 }} {{ '0 0L100 50'|scaled:'1.5 2.5' }}"
    with translation.override("sq"):
        assert Template(drawn).render(Context()) == "4.5 0.0 0.0L150.0 125.0"
