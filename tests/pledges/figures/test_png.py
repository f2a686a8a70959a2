"""SVG templates drawn as PNG: typeface, colours, and text from staff that XML does not allow."""

import io
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.utils import translation
from PIL import Image, ImageFont

from pledges.figures import fonts
from pledges.figures.cards import Drawing, Line
from pledges.figures.charts import figure
from pledges.figures.rendering import png

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
