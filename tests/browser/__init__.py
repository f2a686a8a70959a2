"""Tests that drive Chromium on a live server."""


def press(button):
    """Press a button or link and wait for the page it leads to."""
    with button.page.expect_navigation():
        button.click()
