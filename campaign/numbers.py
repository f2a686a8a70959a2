"""Telephone numbers in running text: `[[KEY]]` stands for the number of the help channel with this key.

So staff change a number in one place. Saving a text refuses a tag without a channel, and saving a channel refuses to take away a
number that a text names.
"""

import re

from django.utils.html import format_html

TAG = re.compile(r"\[\[([-\w]+)\]\]")
# A link, within which a number is no second link, or a tag.
LINK_OR_TAG = re.compile(rf"<a\b[^>]*>.*?</a>|{TAG.pattern}", re.DOTALL)


def tag(key):
    """The tag of the help channel with this key."""
    return f"[[{key}]]"


class Numbers:
    """The numbers of help channels. A tag that names none of them stays as it is."""

    def __init__(self, channels):
        self.channels = {channel.key: channel for channel in channels if channel.tel}

    def fill(self, text):
        """A plain text with the number in place of each tag."""
        return TAG.sub(self._number, text)

    def fill_html(self, html):
        """Rich text with a link that calls in place of each tag, or the number alone within a link. Rendering sanitises it."""
        return LINK_OR_TAG.sub(self._link, html)

    def fill_row(self, row):
        """Fill the loaded texts of a page or article, which must not be saved afterwards; returns the row."""
        for column in row.texts_with_numbers():
            value = getattr(row, column)
            setattr(row, column, self.fill_html(value) if column.startswith("body") else self.fill(value))
        return row

    def _number(self, match):
        channel = self.channels.get(match[1])
        return channel.number if channel else match[0]

    def _link(self, match):
        channel = self.channels.get(match[1])
        return format_html('<a href="tel:{}">{}</a>', channel.tel, channel.number) if channel else self.fill(match[0])
