"""Style sheets: colours stand in tokens.css, and pages change at two widths."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin

from weare1.static_files import JOINED, JoinedSheets

SHEETS = sorted(Path(settings.BASE_DIR, "static", "css").glob("*.css"))
OF_DJANGO = Path(admin.__file__).parent / "static" / "admin" / "css" / "base.css"
# White and black, and what only the admin needs: the grounds of messages, and the button that deletes while hovered.
COLOURS = {"#fff", "#000"}
COLOURS_OF_THE_ADMIN = {"#dcefe6", "#14463f", "#4a3312", "#4a2415", "#6d280b", "#ffcbb0"}
WIDTHS = {"min-width: 48em", "max-width: 47.99em", "min-width: 64em", "max-width: 63.99em"}
# Django's own breakpoints, and the narrowest frames of the counter.
OTHER_WIDTHS = {"admin": {"max-width: 767px", "max-width: 1024px"}, "counter": {"max-width: 19.99em"}}


def css(sheet):
    return re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)


@pytest.mark.cases("sheet", SHEETS)
def test_colours_stand_in_tokens_css(sheet):
    if sheet.stem == "tokens":
        return
    values = " ".join(re.findall(r":([^:{}]*)[;}]", css(sheet)))
    found = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", values))
    assert found <= COLOURS | (COLOURS_OF_THE_ADMIN if sheet.stem == "admin" else set())
    assert not re.search(r"\b(hsla?|hwb|lab|lch|oklab|oklch)\(", values)


@pytest.mark.cases("sheet", SHEETS)
def test_pages_change_at_two_widths(sheet):
    conditions = " ".join(re.findall(r"@media([^{]*)", css(sheet)))
    widths = {found.strip() for found in re.findall(r"\(([^()]*width[^()]*)\)", conditions)}
    assert widths <= WIDTHS | OTHER_WIDTHS.get(sheet.stem, set())


def test_phones_that_do_not_know_has_keep_the_other_selectors():
    """A browser from before 2024 drops a whole rule for one selector that it does not know."""
    text = " ".join(map(css, SHEETS))
    while "(" in text:
        text = re.sub(r"\([^()]*\)", "", text)
    rules = [found.split(",") for found in re.findall(r"([^{};]+){", text)]
    assert [rule for rule in rules if len({":has" in selector for selector in rule}) > 1] == []


def test_every_colour_that_a_sheet_uses_is_declared():
    """A misspelt variable makes its declaration vanish without a message."""
    texts = {sheet.name: css(sheet) for sheet in (*SHEETS, OF_DJANGO)}
    declared = {name for text in texts.values() for name in re.findall(r"(--[\w-]+)\s*:", text)}
    # One with a second value in its var() may be undeclared.
    used = {(sheet, name) for sheet, text in texts.items() for name in re.findall(r"var\((--[\w-]+)\)", text)}
    assert {(sheet, name) for sheet, name in used if name not in declared} == set()


def test_joined_sheets_are_written_when_they_are_asked_for(settings, tmp_path):
    """Each process makes the finder when it starts, also one that may not write there."""
    settings.STATIC_ROOT = tmp_path
    finder = JoinedSheets()
    assert not list(tmp_path.iterdir()) and finder.find("css/base.css") in (None, []) and not list(tmp_path.iterdir())
    for name, parts in JOINED.items():
        joined = Path(finder.find(f"css/{name}")).read_text()
        assert all(Path(settings.BASE_DIR, f"static/css/{part}.css").read_text() in joined for part in parts)
    assert {path for path, _storage in finder.list([])} == {f"css/{name}" for name in JOINED}
