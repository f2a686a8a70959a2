"""Log formatter without personal data."""

import logging
import re
import traceback

# value:timestamp:signature or value:signature, the format of django.core.signing.
SIGNED_VALUE = re.compile(r"[\w.\-]+:(?:[0-9A-Za-z]{4,8}:)?[\w\-]{20,}")
# Django logs the URL of a page that was not found, and visitors may type an address there.
EMAIL_ADDRESS = re.compile(r"[^\s/@]+@[^\s/@]+")


def redact(text):
    """Replace each signed value, such as the token of a personal link, by `[link]` and each e-mail address by `[address]`."""
    return EMAIL_ADDRESS.sub("[address]", SIGNED_VALUE.sub("[link]", text))


class RedactingFormatter(logging.Formatter):
    """Redacts messages. Of an exception it logs the stack and the class, without the message, which may quote user input."""

    def format(self, record):
        return redact(super().format(record))

    def formatException(self, exc_info):
        exception_class, _exception, stack = exc_info
        return "".join(traceback.format_tb(stack)) + exception_class.__name__
