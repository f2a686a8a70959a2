"""The palette of twelve sector colours: contrast, distance, and the same colours in style sheets, pictures and the admin."""

import functools
import re
from itertools import combinations
from pathlib import Path

import pytest
from django.conf import settings
from PIL import ImageColor

from pledges.figures.rendering import COLORS
from pledges.models import Sector
from tests.colors import VISIONS, contrast, distance
from tests.pages import Document

CSS = Path(settings.BASE_DIR) / "static" / "css"
NAMES = [f"s{number}" for number in range(1, 13)]
# The colours of the starter content.
FIRST = NAMES[:8]
SCHEMES = ("light", "dark")
BACKGROUNDS = ("paper", "sand", "field")
# The aim is an OKLab distance of .15, and of .10 for colour-blind vision. Four more colours beside the first eight cannot reach
# it: a search over the gamut found at most 85 % of it in the light scheme (without near-black colours), 89 % in the dark one.
LEAST = {
    "first": {"normal": 0.15, "protan": 0.099, "deutan": 0.099, "tritan": 0.099},
    "all": {"normal": 0.128, "protan": 0.085, "deutan": 0.085, "tritan": 0.085},
}


def rules(name):
    """{selector: {custom property: value}} of a style sheet, outside and inside media queries."""
    css = re.sub(r"/\*.*?\*/", "", (CSS / f"{name}.css").read_text(), flags=re.DOTALL)
    found = {}
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        found.setdefault(selector.strip(), {}).update(re.findall(r"--([\w-]+):\s*([^;]*);", body))
    return found


@functools.cache
def tokens(scheme):
    """{token: colour} of tokens.css in a scheme, as hexadecimal digits with #, references followed."""
    values = rules("tokens")[":root, [data-theme]"]

    def value_of(name):
        of_both = re.fullmatch(r"var\(--light, (.+)\) var\(--dark, (.+)\)", values[name])
        value = of_both[1 + SCHEMES.index(scheme)] if of_both else values[name]
        reference = re.fullmatch(r"var\(--([\w-]+)\)", value)
        return value_of(reference[1]) if reference else value

    return {name: value_of(name) for name in values}


def rgb(scheme, name):
    return ImageColor.getrgb(tokens(scheme)[name])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_colour_has_a_contrast_of_3_to_every_background(scheme):
    faint = {
        (name, background): ratio
        for name in NAMES
        for background in BACKGROUNDS
        if (ratio := contrast(rgb(scheme, name), rgb(scheme, background))) < 3
    }
    assert faint == {}


@pytest.mark.cases("vision", VISIONS)
@pytest.mark.cases(("names", "among"), [(FIRST, "first"), (NAMES, "all")])
@pytest.mark.cases("scheme", SCHEMES)
def test_any_two_colours_differ_for_normal_and_colour_blind_vision(scheme, names, among, vision):
    colors = {name: rgb(scheme, name) for name in names}
    near = {
        (one, other): round(apart, 4)
        for one, other in combinations(names, 2)
        if (apart := distance(colors[one], colors[other], vision)) < LEAST[among][vision]
    }
    assert near == {}


def test_model_style_sheets_and_pictures_have_the_same_colours():
    assert Sector.Color.values == NAMES
    light = tokens("light")
    assert [light[name] for name in NAMES] == COLORS["sectors"]
    assert [light[f"q{number}"] for number in range(6)] == COLORS["shades"]
    named = [light[name] for name in ("field", "ink", "ink-2", "empty-day", "link")]
    grounds_and_text = [COLORS["ground"], COLORS["ink"], COLORS["quiet"]]
    assert named == [*grounds_and_text, COLORS["empty"], COLORS["link"]]


def test_every_colour_has_its_rules_in_the_style_sheets():
    components = (CSS / "components.css").read_text()
    marked = ", ".join(f".{name}" for name in NAMES)
    assert f"main:has(:is({marked}):is(:hover, :focus-within)) .one path:not(.free)" in components
    for name in NAMES:
        assert rules("tokens")[f".{name}"] == {"c": f"var(--{name})"}
        assert f"main:has(.{name}:is(:hover, :focus-within)) :is(.one, .bars) .{name}" in components


@pytest.mark.django_db
def test_the_form_of_a_sector_shows_the_palette_and_chooses_a_free_colour(admin_client):
    Sector.objects.filter(slug="artists").update(color="s2", is_open=False)
    page = Document(admin_client.get("/admin/pledges/sector/add/"))
    radios = {page.of(radio)["value"]: page.of(radio) for radio in page.all("input", name="color")}
    assert list(radios) == NAMES
    assert [name for name, radio in radios.items() if "checked" in radio] == ["s4"]
