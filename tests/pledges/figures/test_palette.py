"""The palette of twelve sector colours: contrast, distance, and the same colours in style sheets, pictures and the admin."""

import functools
import io
import re
from itertools import combinations
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image, ImageColor

from pledges.figures import colors as picture_colors
from pledges.models import Sector
from tests.colors import VISIONS, contrast, distance
from tests.factories import make_pledge
from tests.pages import Document, filled

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
    assert [light[name] for name in NAMES] == picture_colors.SECTORS
    assert [light[f"q{number}"] for number in range(6)] == picture_colors.SHADES
    named = [light[name] for name in ("field", "ink", "ink-2", "empty-day", "link")]
    grounds_and_text = [picture_colors.GROUND, picture_colors.INK, picture_colors.QUIET]
    assert named == [*grounds_and_text, picture_colors.EMPTY, picture_colors.LINK]


def test_a_scheme_has_one_switch_that_is_unset_and_one_that_is_empty():
    """A colour is its first value where --light is unset, and its second where --dark is."""
    sheet = re.sub(r"/\*.*?\*/", "", (CSS / "tokens.css").read_text(), flags=re.DOTALL)
    light, dark = "--light: initial; --dark: ; }", "--light: ; --dark: initial; }"
    order = [
        f":root {{ color-scheme: light dark; {light}",
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }}",
        f'[data-theme="light"] {{ color-scheme: light; {light}',
        f'[data-theme="dark"] {{ color-scheme: dark; {dark}',
        ":root, [data-theme] {",
    ]
    places = [sheet.index(rule) for rule in order]
    assert places == sorted(places)


def test_every_colour_has_its_rules_in_the_style_sheets():
    components = (CSS / "components.css").read_text()
    marked = ", ".join(f".{name}" for name in NAMES)
    assert f"main:has(:is({marked}):is(:hover, :focus-within)) .one path:not(.free)" in components
    for name in NAMES:
        assert rules("tokens")[f".{name}"] == {"c": f"var(--{name})"}
        assert f"main:has(.{name}:is(:hover, :focus-within)) :is(.one, .bars) .{name}" in components


# In the admin

ADD = "/admin/pledges/sector/add/"
ENGLISH = {"accept-language": "en"}
NURSES = {
    "name_sq": "Infermierë", "name_en": "Nurses", "slug": "nurses", "is_open": "on",
    "pledge_sq": "Si infermier, zotohem.", "pledge_en": "As a nurse, I pledge.",
}  # fmt: skip


def add(client, **changes):
    """The response to adding a sector of nurses."""
    form = filled(client.get(ADD, headers=ENGLISH), **NURSES | changes)
    return client.post(ADD, form, headers=ENGLISH, follow=True)


def colors_in(response):
    return {color for _, color in Image.open(io.BytesIO(response.content)).convert("RGB").getcolors(1_000_000)}


@pytest.mark.slow
@pytest.mark.parametrize("color", ["s9", "s12"])
@pytest.mark.django_db
def test_a_sector_added_in_the_admin_has_its_own_colour_everywhere(admin_client, client, color):
    drawn = ImageColor.getrgb(picture_colors.SECTORS[NAMES.index(color)])
    for name in ("one", "sectors"):
        assert drawn not in colors_in(client.get(f"/figures/en/{name}.png"))
    response = add(admin_client, color=color)
    assert response.redirect_chain[0][0] == "/admin/pledges/sector/"
    for _ in range(40):
        make_pledge(state="confirmed", sector="nurses")

    form = Document(client.get("/en/pledge/").content.decode())
    assert "Nurses" in form.words(form.one("div", **{"class": f"option {color}"}))
    home = Document(client.get("/en/").content.decode())
    assert "Nurses" in home.words(home.one("a", **{"class": color}))
    page = Document(client.get("/en/totals/").content.decode())
    assert "Nurses" in page.words(page.one("tr", **{"class": color}))
    assert page.of(page.one("path", **{"class": color}))["data-sector"] == "nurses"
    data = client.get("/api/v1/totals.json").json()
    assert data["sectors"]["nurses"] == {"total": 40, "sq": "Infermierë", "en": "Nurses"}
    for name in ("one", "sectors"):
        assert drawn in colors_in(client.get(f"/figures/en/{name}.png"))
    assert drawn in colors_in(client.get("/pictures/en/totals.png"))


@pytest.mark.django_db
def test_the_form_shows_each_colour_with_its_name_and_the_sectors_that_use_it(admin_client):
    Sector.objects.filter(slug="artists").update(color="s2", is_open=False)
    page = Document(admin_client.get(ADD, headers=ENGLISH).content.decode())
    words = {page.of(label)["for"]: page.words(label) for label in page.all("label") if "for" in page.of(label)}
    radios = {page.of(radio)["value"]: page.of(radio) for radio in page.all("input", name="color")}
    assert list(radios) == NAMES
    shown = [words[radio["id"]] for radio in radios.values()]
    assert shown[:4] == ["indigo Used by: Parents", "orange Used by: Teachers", "teal Used by: Educators", "plum"]
    assert shown[8] == "petrol"
    assert [name for name, radio in radios.items() if "checked" in radio] == ["s4"], (
        "the first colour that no open sector has"
    )


@pytest.mark.django_db
def test_the_colour_of_the_edited_sector_is_not_shown_as_used(admin_client):
    parents = Sector.objects.get(slug="parents")
    response = admin_client.get(f"/admin/pledges/sector/{parents.pk}/change/", headers=ENGLISH)
    assert "Used by: Parents" not in response.text
    assert "Used by: Teachers" in response.text


@pytest.mark.django_db
def test_a_colour_that_another_open_sector_has_is_saved_with_a_warning(admin_client):
    response = add(admin_client, color="s2")
    assert Sector.objects.get(slug="nurses").color == "s2"
    assert "The colour “orange” is also used by: Teachers." in response.text
    nurses = Sector.objects.get(slug="nurses")
    change = f"/admin/pledges/sector/{nurses.pk}/change/"
    form = filled(admin_client.get(change, headers=ENGLISH), color="s9")
    assert "is also used by" not in admin_client.post(change, form, headers=ENGLISH, follow=True).text
    form = filled(admin_client.get(change, headers=ENGLISH), color="s2", is_open=None)
    assert "is also used by" not in admin_client.post(change, form, headers=ENGLISH, follow=True).text, (
        "a closed sector may share a colour"
    )
