"""A real browser on the running site."""


def press(button):
    """Press a button or link and wait for the page it leads to: before that there may be no document at all."""
    with button.page.expect_navigation():
        button.click()
