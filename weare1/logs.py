"""Logs that name nobody: no personal link and no exception text, which may quote what someone typed."""

import logging
import re
import traceback

# value:timestamp:signature or value:signature, as django.core.signing writes it
SIGNED = re.compile(r"[\w.\-]+:(?:[0-9A-Za-z]{4,8}:)?[\w\-]{20,}")

# Someone may have typed an address into a URL, which Django logs when no page is there.
ADDRESS = re.compile(r"[^\s/@]+@[^\s/@]+")


def redact(text):
    """The text with each signed, personal link replaced by `[link]`, and each e-mail address by `[address]`."""
    return ADDRESS.sub("[address]", SIGNED.sub("[link]", text))


class RedactingFormatter(logging.Formatter):
    """Formats a record without personal links and addresses; of an exception only its kind and its places in the code."""

    def format(self, record):
        return redact(super().format(record))

    def formatException(self, exc_info):
        kind, _, frames = exc_info
        return "".join(traceback.format_tb(frames)) + kind.__name__
