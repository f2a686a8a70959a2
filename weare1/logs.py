"""Log formatter without personal data."""

import logging
import re
import traceback

# The text is first cut into runs, each of which is read once, so that the time grows linearly with its length: visitors choose
# paths, and Django logs the path of a page that was not found.
RUN_OF_SIGNED_CHARACTERS = re.compile(r"[\w.:\-]+")
RUN_WITHOUT_SPACE_OR_SLASH = re.compile(r"[^\s/]+")
# The end of value:timestamp:signature or value:signature, the formats of django.core.signing.
SIGNATURE = re.compile(r"(?<=[\w.\-]):[\w\-]{20,}")


def redact(text):
    """Replace each signed value, such as the token of a personal link, by `[link]` and each e-mail address by `[address]`."""
    return RUN_WITHOUT_SPACE_OR_SLASH.sub(_without_address, RUN_OF_SIGNED_CHARACTERS.sub(_without_signed_value, text))


def _without_signed_value(run):
    return "[link]" if SIGNATURE.search(run[0]) else run[0]


def _without_address(run):
    return "[address]" if "@" in run[0].strip("@") else run[0]


class RedactingFormatter(logging.Formatter):
    """Redacts messages. Of an exception it logs the stack and the class, without the message, which may quote user input."""

    def format(self, record):
        return redact(super().format(record))

    def formatException(self, exc_info):
        exception_class, _exception, stack = exc_info
        return "".join(traceback.format_tb(stack)) + exception_class.__name__
