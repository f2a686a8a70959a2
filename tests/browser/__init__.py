"""Tests that drive Chromium on a live server."""

import pytest

# Behaviour depends on neither: each language once and each width once.
in_two_views = pytest.mark.parametrize(("locale", "width"), [("sq-AL", 400), ("en-GB", 1280)])


def press(button):
    """Press a button or link and wait for the page it leads to."""
    with button.page.expect_navigation():
        button.click()


def press_in_editor(area, keys):
    """Focus a rich text and press keys that move or select, such as "Control+End".

    Twenty milliseconds after it has the focus, ProseMirror sets its own selection. Keys pressed before would be undone.
    """
    area.focus()
    area.evaluate("() => new Promise((done) => setTimeout(done, 50))")
    area.press(keys)
