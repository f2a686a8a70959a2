"""Tests that drive Chromium on a live server."""


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


def is_too_wide(page):
    """Whether the page scrolls sideways."""
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
