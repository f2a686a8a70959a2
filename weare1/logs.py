"""Logs that name nobody: no personal link and no exception text, which may quote what someone typed."""

import logging
import re
import traceback

# value:timestamp:signature, as django.core.signing writes it
SIGNED = re.compile(r"[\w.\-]+:[0-9A-Za-z]{4,8}:[\w\-]{20,}")


def without_links(text):
    """The text with each signed, personal link replaced by `[link]`."""
    return SIGNED.sub("[link]", text)


class NamelessFormatter(logging.Formatter):
    """Formats a record without personal links; of an exception only its kind and its places in the code."""

    def format(self, record):
        return without_links(super().format(record))

    def formatException(self, exc_info):
        kind, _, frames = exc_info
        return "".join(traceback.format_tb(frames)) + kind.__name__
